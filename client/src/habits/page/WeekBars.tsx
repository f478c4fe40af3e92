import { plural } from "@lingui/core/macro";
import { addDays, type Day } from "../../shared/dates/days";
import { shortDay } from "../../shared/dates/format";
import classes from "../habits.module.css";
import type { DayState } from "./days";

const WIDTH = 12; // a bar and its gap
const HEIGHT = 70; // seven days

/** The done days of each week as bars; their numbers are also in the heatmap. */
export function WeekBars({
  weeks,
  states,
  colour,
}: {
  weeks: Day[];
  states: Map<Day, DayState>;
  colour: string;
}) {
  const counts = weeks.map((week) => countDone(week, states));
  const most = Math.max(...counts);
  return (
    <svg
      className={classes.heatmap}
      viewBox={`0 0 ${weeks.length * WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={plural(most, { one: "Up to # day a week", other: "Up to # days a week" })}
      style={{ "--habit": colour }}
    >
      {counts.map((count, index) => (
        <rect
          key={weeks[index]}
          className={classes.cell}
          data-status={count ? "completed" : undefined}
          x={index * WIDTH}
          y={HEIGHT - Math.max(count * 10, 2)}
          width={WIDTH - 3}
          height={Math.max(count * 10, 2)}
          rx={2}
        >
          <title>{`${shortDay(weeks[index] ?? "")}: ${count}`}</title>
        </rect>
      ))}
    </svg>
  );
}

function countDone(first: Day, states: Map<Day, DayState>): number {
  const days = Array.from({ length: 7 }, (_, index) => states.get(addDays(first, index)));
  return days.filter((state) => state?.status === "completed").length;
}
