import type { RouteObject } from "react-router";
import { TodayScreen } from "./TodayScreen";

// Not lazy: it is what almost every visit begins with.
export const todayRoutes: RouteObject[] = [
  { path: "/", Component: TodayScreen },
  { path: "/day/:day", Component: TodayScreen },
];
