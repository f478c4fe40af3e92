// What the screens of habits read.
import { queryOptions } from "@tanstack/react-query";
import { allPages } from "../shared/api/allPages";
import { answered, api } from "../shared/api/client";
import type { Track } from "../shared/api/types";
import type { Day } from "../shared/dates/days";

const PAGE = 100;

export const tracksQuery = (isArchived: boolean) =>
  queryOptions({
    queryKey: ["tracks", isArchived],
    queryFn: () =>
      allPages((page) => {
        const query = {
          page,
          page_size: PAGE,
          archived: isArchived ? ("true" as const) : ("false" as const),
        };
        return answered(api.GET("/tracks/", { params: { query } }));
      }),
  });

export const trackQuery = (id: number) =>
  queryOptions({
    queryKey: ["track", id],
    queryFn: () => answered(api.GET("/tracks/{id}/", { params: { path: { id } } })),
  });

export const logsQuery = (track: number, from: Day, to: Day) =>
  queryOptions({
    queryKey: ["track", track, "logs", from, to],
    queryFn: () =>
      allPages((page) => {
        const params = { path: { track_id: track }, query: { from, to, page, page_size: PAGE } };
        return answered(api.GET("/tracks/{track_id}/logs/", { params }));
      }),
  });

export const explanationQuery = (track: number) =>
  queryOptions({
    queryKey: ["track", track, "explanation"],
    queryFn: () =>
      answered(api.GET("/tracks/{track_id}/explanation/", { params: { path: { track_id: track } } })),
  });

export const schedulesQuery = (habit: number) =>
  queryOptions({
    queryKey: ["habit", habit, "schedules"],
    queryFn: () =>
      answered(api.GET("/habits/{habit_id}/schedules/", { params: { path: { habit_id: habit } } })),
  });

export const remindersQuery = (track: number) =>
  queryOptions({
    queryKey: ["track", track, "reminders"],
    queryFn: () =>
      allPages((page) =>
        answered(api.GET("/reminders/", { params: { query: { track, page, page_size: PAGE } } })),
      ),
  });

export const goalsQuery = ({ id, archived }: Track) =>
  queryOptions({
    queryKey: ["track", id, "goals"],
    queryFn: async () => {
      const goals = await allPages((page) => {
        const query = { page, page_size: PAGE, archived: archived ? ("true" as const) : ("false" as const) };
        return answered(api.GET("/goals/", { params: { query } }));
      });
      return goals.filter((goal) => goal.track === id);
    },
  });

export const pausesQuery = queryOptions({
  queryKey: ["pauses"],
  queryFn: () =>
    allPages((page) => answered(api.GET("/pauses/", { params: { query: { page, page_size: PAGE } } }))),
});
