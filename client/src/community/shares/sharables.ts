import { queryOptions } from "@tanstack/react-query";
import { answered, api } from "../../shared/api/client";
import { allPages } from "../../shared/query/pages";
import { readAchievements } from "../achievements/queries";

/** What can be shared: each habit's streak and year, and what was earned. */
export const sharablesQuery = queryOptions({
  queryKey: ["tracks", "to share"],
  queryFn: async () => {
    const [tracks, achievements] = await Promise.all([
      allPages((page) => answered(api.GET("/tracks/", { params: { query: { page, page_size: 100 } } }))),
      allPages((page) => readAchievements(true, page)),
    ]);
    return {
      tracks: tracks.map(({ id, habit }) => ({ id, name: habit.name })),
      achievements: achievements.map(({ id, name }) => ({ id, name })),
    };
  },
});
