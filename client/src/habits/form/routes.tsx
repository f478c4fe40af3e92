import type { RouteObject } from "react-router";
import { screen } from "../../shared/screens";

// A habit of the list is named by its track, as on its page; a pleasant habit has none, and is named by its own id.
export const habitFormRoutes: RouteObject[] = [
  {
    path: "/habits/new",
    lazy: screen("habits", async () => (await import("./NewHabitScreen")).NewHabitScreen),
  },
  {
    path: "/habits/templates",
    lazy: screen("habits", async () => (await import("./TemplatesScreen")).TemplatesScreen),
  },
  {
    path: "/habits/:id/edit",
    lazy: screen("habits", async () => (await import("./EditHabitScreen")).EditHabitScreen),
  },
  {
    path: "/habits/pleasant/:id/edit",
    lazy: screen("habits", async () => (await import("./EditPleasantScreen")).EditPleasantScreen),
  },
];
