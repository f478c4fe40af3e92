import type { RouteObject } from "react-router";
import { screen } from "../shared/screens";

export const statsRoutes: RouteObject[] = [
  {
    path: "/statistics",
    lazy: screen("stats", async () => (await import("./StatisticsScreen")).StatisticsScreen),
  },
];
