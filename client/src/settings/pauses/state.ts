import { addDays, type Day } from "../../shared/dates/days";

interface Span {
  first_day: Day;
  last_day: Day | null;
}

export type PauseState = "now" | "upcoming" | "over";

/** Return whether a pause has begun and is not over. */
export function stateOfPause({ first_day, last_day }: Span, today: Day): PauseState {
  if (last_day !== null && last_day < today) return "over";
  return first_day <= today ? "now" : "upcoming";
}

/** Return the last day of a pause that is to end now: yesterday. A pause of no day (null) is to be deleted. */
export function lastDayOfEnded({ first_day }: Span, today: Day): Day | null {
  return first_day < today ? addDays(today, -1) : null;
}
