import type { RouteObject } from "react-router";
import { screen } from "../shared/screens";

export const authRoutes: RouteObject[] = [
  { path: "/sign-up", lazy: screen("auth", async () => (await import("./SignUpScreen")).SignUpScreen) },
  { path: "/sign-in", lazy: screen("auth", async () => (await import("./SignInPage")).SignInPage) },
  {
    path: "/check-mail",
    lazy: screen("auth", async () => (await import("./CheckMailScreen")).CheckMailScreen),
  },
  {
    path: "/forgotten",
    lazy: screen("auth", async () => (await import("./ForgottenScreen")).ForgottenScreen),
  },
  {
    path: "/sign-in-link/:token",
    lazy: screen("auth", async () => (await import("./LinkScreen")).LinkScreen),
  },
];
