import { queryOptions } from "@tanstack/react-query";
import { answered, api } from "../../shared/api/client";
import type { Page } from "../../shared/query/pages";
import type { Challenge, OneChallenge, Standing } from "../types";

export type WhichChallenges = "mine" | "public";

export const challengesKey = (which: WhichChallenges, name: string) => ["challenges", "list", which, name];

export function readChallenges(which: WhichChallenges, name: string, page: number): Promise<Page<Challenge>> {
  return answered(api.GET("/challenges/", { params: { query: { which, page, ...(name ? { name } : {}) } } }));
}

export const challengeQuery = (id: number) =>
  queryOptions<OneChallenge>({
    queryKey: ["challenges", id],
    staleTime: 0, // others change it
    queryFn: () => answered(api.GET("/challenges/{id}/", { params: { path: { id } } })),
  });

export function readStandings(id: number, page: number): Promise<Page<Standing>> {
  return answered(
    api.GET("/challenges/{challenge_id}/standings/", {
      params: { path: { challenge_id: id }, query: { page } },
    }),
  );
}
