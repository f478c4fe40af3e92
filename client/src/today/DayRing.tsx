import { dayOfMonth } from "../shared/dates/format";
import classes from "./today.module.css";
import type { DayShare } from "./week";

const RADIUS = 15.5;
const ROUND = 2 * Math.PI * RADIUS;

/** A day of the month in a ring that shows how much was done. */
export function DayRing({ day, share }: { day: string; share: DayShare | undefined }) {
  const part = share?.all ? share.done / share.all : 0;
  return (
    <span className={classes.dayRing}>
      <svg viewBox="0 0 34 34" width="34" height="34" aria-hidden="true">
        <circle className={classes.dayTrack} cx="17" cy="17" r={RADIUS} />
        {part ? (
          <circle
            className={classes.dayDone}
            cx="17"
            cy="17"
            r={RADIUS}
            strokeDasharray={ROUND}
            strokeDashoffset={ROUND * (1 - part)}
          />
        ) : null}
      </svg>
      {dayOfMonth(day)}
    </span>
  );
}
