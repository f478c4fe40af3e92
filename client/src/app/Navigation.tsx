import { useLingui } from "@lingui/react/macro";
import { IconChartBar, IconCircleCheck, IconListCheck, IconUser, IconUsers } from "@tabler/icons-react";
import { Link, useLocation } from "react-router";
import classes from "./Shell.module.css";

/** The five destinations. */
export function Navigation() {
  const { t } = useLingui();
  const { pathname } = useLocation();
  const destinations = [
    { to: "/", also: "/day", label: t`Today`, Icon: IconCircleCheck },
    { to: "/habits", label: t`Habits`, Icon: IconListCheck },
    { to: "/statistics", label: t`Statistics`, Icon: IconChartBar },
    { to: "/together", label: t`Together`, Icon: IconUsers },
    { to: "/me", label: t`Me`, Icon: IconUser },
  ];
  return (
    <nav className={classes.navigation} aria-label={t`Main`}>
      {destinations.map(({ to, also, label, Icon }) => {
        const isHere =
          pathname === to || (to !== "/" && isBelow(pathname, to)) || (also && isBelow(pathname, also));
        return (
          <Link key={to} to={to} className={classes.destination} aria-current={isHere ? "page" : undefined}>
            <Icon size={24} stroke={1.6} aria-hidden />
            <span className={classes.label}>{label}</span>
          </Link>
        );
      })}
    </nav>
  );
}

function isBelow(path: string, parent: string): boolean {
  return path === parent || path.startsWith(`${parent}/`);
}
