import type { paths } from "../shared/api/schema";
import type { Schema } from "../shared/api/types";

export type Challenge = Schema<"Challenge">;
export type OneChallenge = Schema<"OneChallenge">;
export type Standing = Schema<"Standing">;
export type Team = Schema<"Group">;
export type Role = NonNullable<Team["role"]>;
export type Member = Schema<"GroupMember">;
export type GroupHabit = Schema<"GroupHabit">;
export type Progress = Schema<"Board">;
export type PublicHabit = Schema<"PublicHabit">;
export type Board = Schema<"Leaderboard">;
export type BoardRow = Schema<"LeaderboardRow">;
export type Achievement = Schema<"Achievement">;
export type ShareLink = Schema<"Share">;
export type FeedPage =
  paths["/groups/{group_id}/feed/"]["get"]["responses"]["200"]["content"]["application/json"];
export type News = FeedPage["results"][number];
