// How much of each day of a week was done: one request (one for each hundred habits).
import { queryOptions } from "@tanstack/react-query";
import { answered, api } from "../shared/api/client";
import type { paths } from "../shared/api/schema";
import type { DayEntry } from "../shared/api/types";
import type { Day } from "../shared/dates/days";

type Progress =
  paths["/progress/"]["get"]["responses"]["200"]["content"]["application/json"]["results"][number];

export interface DayShare {
  done: number;
  all: number;
}

export const weekQuery = (first: Day, last: Day) =>
  queryOptions<Record<Day, DayShare>>({
    queryKey: ["week", first, last],
    queryFn: async () => {
      const found: Progress[] = [];
      for (let page = 1; ; page += 1) {
        const query = { from: first, to: last, page, page_size: 100 };
        const answer = await answered(api.GET("/progress/", { params: { query } }));
        found.push(...answer.results);
        if (!answer.next) return sharesOf(found);
      }
    },
  });

/** Return by day how many habits were done, of those that counted on it. */
export function sharesOf(habits: Pick<Progress, "days" | "periods">[]): Record<Day, DayShare> {
  const shares: Record<Day, DayShare> = {};
  for (const { days, periods } of habits) {
    for (const { day, status, is_target, is_paused } of days) {
      const period = periods.find(({ first, last }) => first <= day && day <= last);
      if (!period || period.limit) continue;
      const share = shares[day] ?? { done: 0, all: 0 };
      const isDone = status === "completed";
      const isMissing = is_target && !is_paused && status !== "skipped" && isAskedOn(period);
      shares[day] = { done: share.done + Number(isDone), all: share.all + Number(isDone || isMissing) };
    }
  }
  return shares;
}

/** Whether a period asked for each of its target days: "three times a week" does not ask for a certain day. */
function isAskedOn({ first, last, verdict }: { first: Day; last: Day; verdict: string }): boolean {
  return verdict === "broken" || (verdict === "open" && first === last);
}

/** Return the share of the day that is shown, with what was done a moment ago. */
export function shareOfEntries(entries: DayEntry[]): DayShare {
  const done = entries.filter(({ status }) => status === "completed").length;
  const missing = entries.filter(
    ({ due, period, at_risk }) => due && (period.first === period.last || at_risk),
  );
  return { done, all: done + missing.length };
}
