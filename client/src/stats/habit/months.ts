// Days of a range by month, as columns of weeks.
import { type Day, type WeekStart, weekOf } from "../../shared/dates/days";
import type { HabitProgress } from "../queries";

export type ProgressDay = HabitProgress["days"][number];

export interface Month {
  first: Day;
  days: ProgressDay[];
  /** How many places of the first week are before the first day. */
  skipped: number;
}

export function monthsOf(days: ProgressDay[], starts: WeekStart): Month[] {
  const months: Month[] = [];
  for (const each of days) {
    const current = months.at(-1);
    if (current?.first.slice(0, 7) === each.day.slice(0, 7)) current.days.push(each);
    else months.push({ first: each.day, days: [each], skipped: weekOf(each.day, starts).indexOf(each.day) });
  }
  return months;
}

/** Return how many periods have each verdict. */
export function verdicts(
  periods: HabitProgress["periods"],
): Record<HabitProgress["periods"][number]["verdict"], number> {
  const counts = { kept: 0, broken: 0, excused: 0, open: 0 };
  for (const { verdict } of periods) counts[verdict] += 1;
  return counts;
}
