// The habits of the person's list, to choose one.
import { queryOptions, useQuery } from "@tanstack/react-query";
import { allPages } from "../shared/api/allPages";
import { answered, api } from "../shared/api/client";

export const tracksQuery = queryOptions({
  queryKey: ["tracks", "all"],
  queryFn: () =>
    allPages((page) => answered(api.GET("/tracks/", { params: { query: { page, page_size: 100 } } }))),
  meta: { volatile: true },
});

/** Return the name of a track's habit, "" while it is not known. */
export function useTrackName(): (track: number) => string {
  const tracks = useQuery(tracksQuery).data;
  return (track) => tracks?.find(({ id }) => id === track)?.habit.name ?? "";
}
