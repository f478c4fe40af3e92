// The habits of a person, to choose one from.
import { queryOptions } from "@tanstack/react-query";
import { answered, api } from "../../shared/api/client";
import type { Track } from "../../shared/api/types";
import { allPages } from "../../shared/query/pages";

export const myHabitsQuery = queryOptions<Track[]>({
  queryKey: ["tracks", "to choose from"],
  queryFn: () =>
    allPages((page) => answered(api.GET("/tracks/", { params: { query: { page, page_size: 100 } } }))),
});

/** Return the habits that can be done together: a limit habit can be kept by doing nothing. */
export function habitsToDo(tracks: Track[]): { value: string; label: string }[] {
  return tracks
    .filter(({ habit }) => habit.goal_type !== "at_most")
    .map(({ habit }) => ({ value: String(habit.id), label: habit.name }));
}
