import { plural } from "@lingui/core/macro";
import { addDays, type Day, daysBetween } from "../../shared/dates/days";
import { longDay } from "../../shared/dates/format";
import classes from "../habits.module.css";
import type { DayState } from "./days";

const SIZE = 12; // a cell and its gap
const GAP = 2;

interface Props {
  first: Day;
  today: Day;
  states: Map<Day, DayState>;
  colour: string;
  onDay: (day: Day) => void;
}

/** A year as cells, a column a week. It is a picture: by keyboard the calendar reaches the same days. */
export function Heatmap({ first, today, states, colour, onDay }: Props) {
  const count = daysBetween(first, today) + 1;
  const total = [...states.values()].filter(({ status }) => status === "completed").length;
  const columns = Math.ceil(count / 7);
  return (
    <svg
      className={classes.heatmap}
      viewBox={`0 0 ${columns * SIZE} ${7 * SIZE}`}
      role="img"
      aria-label={plural(total, {
        one: "# day done in the last year",
        other: "# days done in the last year",
      })}
      style={{ "--habit": colour }}
    >
      {Array.from({ length: count }, (_, index) => {
        const day = addDays(first, index);
        return (
          // biome-ignore lint/a11y/noStaticElementInteractions: see above
          <rect
            key={day}
            className={classes.cell}
            x={Math.floor(index / 7) * SIZE}
            y={(index % 7) * SIZE}
            width={SIZE - GAP}
            height={SIZE - GAP}
            rx={2}
            data-status={states.get(day)?.status}
            onClick={() => onDay(day)}
          >
            <title>{longDay(day)}</title>
          </rect>
        );
      })}
    </svg>
  );
}
