// A habit's days: what is logged, with the changes that are on their way.
import type { DayEntry, DayLog, Track } from "../../shared/api/types";
import type { Day } from "../../shared/dates/days";
import { isLimit } from "../../shared/habits/words";
import { type DayChange, withChange } from "../../today/changes";

export type DayState = Pick<DayLog, "status" | "amount" | "note">;

/** Return by day what is logged, as it will be with the changes. */
export function daysOf(
  track: Track,
  logs: readonly (DayState & { day: Day })[],
  changes: DayChange[],
): Map<Day, DayState> {
  const days = new Map<Day, DayState>(
    logs.map(({ day, status, amount, note }) => [day, { status, amount, note }]),
  );
  for (const change of changes) {
    const { status, amount, note } = withChange(entryOf(track, change.day, days.get(change.day)), change);
    if (status) days.set(change.day, { status, amount, note });
    else days.delete(change.day);
  }
  return days;
}

/** Return a day in the form of the list of a day, for what is done with it. */
export function entryOf(track: Track, day: Day, state: DayState | undefined): DayEntry {
  const { daily_amount } = track.habit;
  const none = { amount: "0.00", limit: "0.00", left: "0.00", verdict: "open" as const };
  return {
    track,
    day,
    due: !state,
    status: state?.status ?? null,
    amount: state?.amount ?? null,
    note: state?.note ?? "",
    daily_amount,
    period: { first: day, last: day, unit: track.streak_unit, done: 0, required: 1 },
    limit: isLimit(track.habit) ? none : null,
    at_risk: false,
  };
}
