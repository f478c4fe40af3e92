import { queryOptions } from "@tanstack/react-query";
import { answered, api } from "../../shared/api/client";
import type { paths } from "../../shared/api/schema";
import type { Board } from "../types";

type StreakQuery = NonNullable<paths["/leaderboards/current/"]["get"]["parameters"]["query"]>;
export type Unit = NonNullable<StreakQuery["unit"]>;
export type BoardName = "current" | "longest" | "week" | "month";
export type Scope = Pick<StreakQuery, "group" | "challenge">;

export const UNITS: readonly Unit[] = [
  "day",
  "2 days",
  "3 days",
  "4 days",
  "5 days",
  "6 days",
  "7 days",
  "week",
  "month",
  "year",
];

/** A ranking: of everyone, of a group or of a challenge. `unit`: of streaks. */
export const boardQuery = (board: BoardName, scope: Scope, unit: Unit | undefined) =>
  queryOptions<Board>({
    queryKey: ["leaderboards", board, scope, unit ?? ""],
    staleTime: 0, // others change it
    queryFn: () => answered(read(board, scope, unit)),
  });

function read(board: BoardName, scope: Scope, unit: Unit | undefined) {
  const ofStreaks = { params: { query: { ...scope, ...(unit ? { unit } : {}) } } };
  const ofDays = { params: { query: scope } };
  switch (board) {
    case "current":
      return api.GET("/leaderboards/current/", ofStreaks);
    case "longest":
      return api.GET("/leaderboards/longest/", ofStreaks);
    case "week":
      return api.GET("/leaderboards/week/", ofDays);
    case "month":
      return api.GET("/leaderboards/month/", ofDays);
  }
}
