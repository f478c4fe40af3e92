import { useLingui } from "@lingui/react/macro";
import { NavLink } from "react-router";
import classes from "./parts.module.css";

/** The parts of Together. */
export function TogetherNav() {
  const { t } = useLingui();
  const parts = [
    { to: "/together/challenges", label: t`Challenges` },
    { to: "/together/groups", label: t`Groups` },
    { to: "/together/leaderboards", label: t`Rankings` },
    { to: "/together/discover", label: t`Discover` },
    { to: "/together/achievements", label: t`Achievements` },
    { to: "/together/shares", label: t`Share` },
  ];
  return (
    <nav className={classes.nav} aria-label={t`Parts of Together`}>
      {parts.map(({ to, label }) => (
        <NavLink key={to} to={to} className={classes.part}>
          {label}
        </NavLink>
      ))}
    </nav>
  );
}
