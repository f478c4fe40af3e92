import { Switch, type SwitchProps } from "@mantine/core";
import classes from "./Switched.module.css";

/** A switch with its label; all of the row can be tapped. */
export function Switched(props: SwitchProps) {
  return <Switch size="md" classNames={{ body: classes.body, labelWrapper: classes.label }} {...props} />;
}
