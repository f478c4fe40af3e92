import { Checkbox, type CheckboxProps } from "@mantine/core";
import classes from "./Switched.module.css";

/** A checkbox with its label; all of the row can be tapped. */
export function Ticked(props: CheckboxProps) {
  return <Checkbox classNames={{ body: classes.body, labelWrapper: classes.label }} {...props} />;
}
