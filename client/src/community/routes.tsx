import { Navigate, type RouteObject } from "react-router";
import { screen } from "../shared/screens";

const lazy = (load: Parameters<typeof screen>[1]) => screen("community", load);

export const communityRoutes: RouteObject[] = [
  {
    path: "/together",
    children: [
      { index: true, element: <Navigate to="/together/challenges" replace /> },
      {
        path: "challenges",
        lazy: lazy(async () => (await import("./challenges/ChallengesScreen")).ChallengesScreen),
      },
      {
        path: "challenges/new",
        lazy: lazy(async () => (await import("./challenges/NewChallengeScreen")).NewChallengeScreen),
      },
      {
        path: "challenges/join/:code",
        lazy: lazy(async () => (await import("./challenges/JoinChallengeScreen")).JoinChallengeScreen),
      },
      {
        path: "challenges/:id",
        lazy: lazy(async () => (await import("./challenges/ChallengeScreen")).ChallengeScreen),
      },
      {
        path: "challenges/:id/edit",
        lazy: lazy(async () => (await import("./challenges/EditChallengeScreen")).EditChallengeScreen),
      },
      { path: "groups", lazy: lazy(async () => (await import("./groups/GroupsScreen")).GroupsScreen) },
      {
        path: "groups/new",
        lazy: lazy(async () => (await import("./groups/NewGroupScreen")).NewGroupScreen),
      },
      {
        path: "groups/join/:code",
        lazy: lazy(async () => (await import("./groups/JoinGroupScreen")).JoinGroupScreen),
      },
      { path: "groups/:id", lazy: lazy(async () => (await import("./groups/GroupScreen")).GroupScreen) },
      {
        path: "groups/:id/edit",
        lazy: lazy(async () => (await import("./groups/EditGroupScreen")).EditGroupScreen),
      },
      {
        path: "leaderboards",
        lazy: lazy(async () => (await import("./leaderboards/LeaderboardsScreen")).LeaderboardsScreen),
      },
      {
        path: "discover",
        lazy: lazy(async () => (await import("./discover/DiscoverScreen")).DiscoverScreen),
      },
      {
        path: "achievements",
        lazy: lazy(async () => (await import("./achievements/AchievementsScreen")).AchievementsScreen),
      },
      { path: "shares", lazy: lazy(async () => (await import("./shares/SharesScreen")).SharesScreen) },
    ],
  },
];
