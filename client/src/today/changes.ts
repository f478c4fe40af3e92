// Changes of days that are on their way, and how a day looks with them.
import type { DayEntry, Schema } from "../shared/api/types";
import type { Day } from "../shared/dates/days";

export const SET_DAY = "set day";
export const ADD_AMOUNT = "add amount";

/** Set what a day says (null: clear it). What is left out stays, such as the note. */
export interface SetDay {
  track: number;
  day: Day;
  said: Schema<"Day"> | null;
}

/** Add to a day's amount. The key makes a repeated addition count once. */
export interface AddAmount {
  track: number;
  day: Day;
  amount: string;
  key: string;
}

export type DayChange = ({ kind: typeof SET_DAY } & SetDay) | ({ kind: typeof ADD_AMOUNT } & AddAmount);

/** Return the entry as it will be when the server has the change. */
export function withChange(entry: DayEntry, change: DayChange): DayEntry {
  if (change.kind === ADD_AMOUNT) {
    return withAmount(entry, (Number(entry.amount ?? 0) + Number(change.amount)).toFixed(2));
  }
  const { said } = change;
  if (said?.note !== undefined) entry = { ...entry, note: said.note ?? "" };
  if (said === null) return { ...settled(entry, null, null), note: "" };
  if (said.amount !== undefined && said.amount !== null && !said.status)
    return withAmount(entry, said.amount);
  if (!said.status) return entry; // a note alone
  const amount = said.amount ?? (said.status === "completed" ? entry.daily_amount : null);
  return settled(entry, said.status, amount);
}

function withAmount(entry: DayEntry, amount: string): DayEntry {
  if (entry.track.habit.goal_type === "at_most") return settled(entry, "counted", amount);
  if (Number(amount) === 0) return settled(entry, null, null);
  return settled(entry, Number(amount) >= Number(entry.daily_amount) ? "completed" : "partial", amount);
}

function settled(entry: DayEntry, status: DayEntry["status"], amount: string | null): DayEntry {
  const gained = Number(status === "completed") - Number(entry.status === "completed");
  const isLimit = entry.track.habit.goal_type === "at_most";
  const due = !isLimit && (status === null || status === "partial");
  const used = Number(amount ?? 0) - Number(entry.amount ?? 0);
  return {
    ...entry,
    status,
    amount,
    due,
    at_risk: entry.at_risk && due,
    period: { ...entry.period, done: entry.period.done + gained },
    limit: entry.limit && isLimit ? withUse(entry.limit, used) : entry.limit,
  };
}

function withUse(limit: NonNullable<DayEntry["limit"]>, used: number): NonNullable<DayEntry["limit"]> {
  const amount = Number(limit.amount) + used;
  const left = Number(limit.limit) - amount;
  const verdict = left < 0 ? "broken" : limit.verdict === "broken" ? "open" : limit.verdict;
  return { ...limit, amount: amount.toFixed(2), left: Math.max(left, 0).toFixed(2), verdict };
}
