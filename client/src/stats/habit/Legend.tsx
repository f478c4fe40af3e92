import classes from "../stats.module.css";
import { type Status, statusText } from "./statuses";

const SHOWN: Status[] = ["completed", "partial", "skipped", "missed"];

/** What the colours of days mean. */
export function Legend() {
  return (
    <div className={classes.legend}>
      {SHOWN.map((status) => (
        <span key={status}>
          <i className={`${classes.day} ${classes[status]}`} aria-hidden />
          {statusText(status)}
        </span>
      ))}
    </div>
  );
}
