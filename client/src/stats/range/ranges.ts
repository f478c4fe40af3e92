// Which days the statistics are of. Kept in the address: ?range=month, or ?range=own&from=…&to=…
import type { Limits } from "../../shared/api/types";
import { addDays, type Day, daysBetween, isDay } from "../../shared/dates/days";

export const RANGE_NAMES = ["week", "month", "quarter", "year", "own"] as const;
export type RangeName = (typeof RANGE_NAMES)[number];

export interface Range {
  name: RangeName;
  first: Day;
  last: Day;
}

type Ranges = Limits["progress"]["ranges"];
export type OwnProblem = "missing" | "order" | "too long";

const DEFAULT = "month";

/** Return how many days up to today a named range has. A quarter is what the API has no name for. */
function lengthOf(name: Exclude<RangeName, "own">, ranges: Ranges): number {
  switch (name) {
    case "week":
      return ranges.last_week;
    case "month":
      return ranges.last_month;
    case "quarter":
      return Math.round(ranges.last_year / 4);
    case "year":
      return ranges.last_year;
  }
}

export function namedRange(name: Exclude<RangeName, "own">, today: Day, ranges: Ranges): Range {
  return { name, first: addDays(today, 1 - lengthOf(name, ranges)), last: today };
}

/** Return the range that an address asks for; that of a month if it asks for none that there is. */
export function rangeIn(params: URLSearchParams, today: Day, limits: Limits["progress"]): Range {
  const name = RANGE_NAMES.find((each) => each === params.get("range")) ?? DEFAULT;
  if (name !== "own") return namedRange(name, today, limits.ranges);
  const [first, last] = [params.get("from") ?? "", params.get("to") ?? ""];
  if (ownProblem(first, last, limits.days)) return namedRange(DEFAULT, today, limits.ranges);
  return { name, first, last };
}

/** Return what is wrong with two days as a range, null if nothing is. */
export function ownProblem(first: string, last: string, maxDays: number): OwnProblem | null {
  if (!isDay(first) || !isDay(last)) return "missing";
  if (last < first) return "order";
  return lengthIn({ first, last }) > maxDays ? "too long" : null;
}

export function lengthIn({ first, last }: Pick<Range, "first" | "last">): number {
  return daysBetween(first, last) + 1;
}

/** Return the range of as many days before, with which it is compared. */
export function rangeBefore({ first, last }: Pick<Range, "first" | "last">): { first: Day; last: Day } {
  return { first: addDays(first, -lengthIn({ first, last })), last: addDays(first, -1) };
}
