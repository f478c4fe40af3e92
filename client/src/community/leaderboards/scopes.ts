import { queryOptions } from "@tanstack/react-query";
import { allPages } from "../../shared/query/pages";
import { readChallenges } from "../challenges/queries";
import { readGroups } from "../groups/queries";

/** The groups and challenges of a person that have rankings. */
export const scopesQuery = queryOptions({
  queryKey: ["leaderboards", "scopes"],
  queryFn: async () => {
    const [groups, challenges] = await Promise.all([
      allPages((page) => readGroups("mine", "", page)),
      allPages((page) => readChallenges("mine", "", page)),
    ]);
    return [
      ...groups.map(({ id, name }) => ({ value: `group ${id}`, label: name })),
      ...challenges
        .filter(({ is_member }) => is_member)
        .map(({ id, name }) => ({ value: `challenge ${id}`, label: name })),
    ];
  },
});
