import { Radio, type RadioProps } from "@mantine/core";
import classes from "./Switched.module.css";

/** One of several choices, with its label; all of the row can be tapped. */
export function Picked(props: RadioProps) {
  return <Radio size="md" classNames={{ body: classes.body, labelWrapper: classes.label }} {...props} />;
}
