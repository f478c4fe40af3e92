import { createBrowserRouter, type RouteObject } from "react-router";
import { authRoutes } from "../auth/routes";
import { communityRoutes } from "../community/routes";
import { habitRoutes } from "../habits/routes";
import { settingsRoutes } from "../settings/routes";
import { BASENAME } from "../shared/api/site";
import { Loading } from "../shared/ui/Loading";
import { statsRoutes } from "../stats/routes";
import { todayRoutes } from "../today/routes";
import { NotFound } from "./NotFound";
import { PersonalLayout } from "./PersonalLayout";
import { Root } from "./Root";
import { ScreenError } from "./ScreenError";

// Each feature has its routes, with screens that are loaded when they are opened. Their first names are also in
// SCREENS of web/urls.py, so that the server answers the page for them.
export const routes: RouteObject[] = [
  {
    Component: Root,
    ErrorBoundary: ScreenError,
    HydrateFallback: Loading,
    children: [
      ...authRoutes,
      {
        Component: PersonalLayout,
        children: [
          {
            ErrorBoundary: ScreenError,
            children: [
              ...todayRoutes,
              ...habitRoutes,
              ...statsRoutes,
              ...communityRoutes,
              ...settingsRoutes,
              { path: "*", Component: NotFound },
            ],
          },
        ],
      },
    ],
  },
];

export const router = createBrowserRouter(routes, { basename: BASENAME || "/" });

/** Return the address that is being opened, if one is. */
export function nextAddress(): string | undefined {
  const next = router.state.navigation.location;
  return next && `${BASENAME}${next.pathname}${next.search}`;
}
