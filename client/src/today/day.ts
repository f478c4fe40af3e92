// The list of a day: one request.
import { queryOptions } from "@tanstack/react-query";
import { answered, api } from "../shared/api/client";
import type { DayEntry } from "../shared/api/types";
import type { Day } from "../shared/dates/days";

export const dayQuery = (day: Day) =>
  queryOptions<DayEntry[]>({
    queryKey: ["days", day],
    queryFn: () => answered(api.GET("/days/{day}/", { params: { path: { day } } })),
  });
