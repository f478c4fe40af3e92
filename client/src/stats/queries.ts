import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answered, api } from "../shared/api/client";
import type { paths } from "../shared/api/schema";
import type { Schema } from "../shared/api/types";
import type { Day } from "../shared/dates/days";

export type Summary = Schema<"Summary">;
export type HabitSummary = Summary["habits"][number];
export type Stats = Pick<
  HabitSummary,
  | "completed"
  | "success_rate"
  | "compared"
  | "best_weekday"
  | "best_hour"
  | "by_weekday"
  | "by_hour"
  | "weekly"
  | "monthly"
>;
type ProgressPage = paths["/progress/"]["get"]["responses"]["200"]["content"]["application/json"];
export type HabitProgress = ProgressPage["results"][number];

const PAGE = 100; // habits, as many as the API gives at once

/** The summary of a range: over all, and each habit, in pages. */
export const summaryQuery = (first: Day, last: Day) =>
  infiniteQueryOptions({
    queryKey: ["summary", first, last],
    queryFn: ({ pageParam }) =>
      answered(
        api.GET("/summary/", {
          params: { query: { from: first, to: last, page: pageParam, page_size: PAGE } },
        }),
      ),
    initialPageParam: 1,
    getNextPageParam: (page: Summary, all: Summary[]) => (page.next ? all.length + 1 : undefined),
    placeholderData: keepPreviousData,
  });

/** Days and periods of one habit in a range. The API finds habits by name, so there can be others with a longer one. */
export const progressQuery = (track: number, name: string, first: Day, last: Day) =>
  queryOptions<HabitProgress | null>({
    queryKey: ["track", track, "progress", first, last],
    queryFn: async () => {
      const query = { from: first, to: last, name, page_size: PAGE };
      const { results } = await answered(api.GET("/progress/", { params: { query } }));
      return results.find((each) => each.track === track) ?? null;
    },
  });
