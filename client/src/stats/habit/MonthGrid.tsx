import { shortMonth } from "../../shared/dates/format";
import classes from "../stats.module.css";
import type { Month } from "./months";

/** A square for each day of a month; a column is a week. */
export function MonthGrid({ month: { first, days, skipped } }: { month: Month }) {
  return (
    <div className={classes.month}>
      {shortMonth(first)}
      <div className={classes.days}>
        {days.map(({ day, status }, index) => (
          <div
            key={day}
            className={`${classes.day} ${status ? classes[status] : ""}`}
            style={index === 0 ? { gridRowStart: skipped + 1 } : undefined}
          />
        ))}
      </div>
    </div>
  );
}
