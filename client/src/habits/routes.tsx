import type { RouteObject } from "react-router";
import { screen } from "../shared/screens";
import { habitFormRoutes } from "./form/routes";

export const habitRoutes: RouteObject[] = [
  { path: "/habits", lazy: screen("habits", async () => (await import("./HabitsScreen")).HabitsScreen) },
  {
    path: "/habits/:id",
    lazy: screen("habits", async () => (await import("./page/HabitScreen")).HabitScreen),
  },
  ...habitFormRoutes,
];
