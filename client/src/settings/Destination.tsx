import type { Icon } from "@tabler/icons-react";
import { Link } from "react-router";
import classes from "./Destination.module.css";

export interface DestinationProps {
  to: string;
  name: string;
  text: string;
  Icon: Icon;
}

/** A link to a screen of settings. */
export function Destination({ to, name, text, Icon }: DestinationProps) {
  return (
    <Link to={to} className={classes.destination}>
      <Icon size={22} stroke={1.6} aria-hidden />
      <span>
        <span className={classes.name}>{name}</span>
        <span className={classes.text}>{text}</span>
      </span>
    </Link>
  );
}
