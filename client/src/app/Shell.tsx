import { useLingui } from "@lingui/react/macro";
import { Suspense } from "react";
import { Outlet } from "react-router";
import { Loading } from "../shared/ui/Loading";
import { Navigation } from "./Navigation";
import { PaletteHost } from "./palette/PaletteHost";
import classes from "./Shell.module.css";
import { TopBar } from "./TopBar";

/** The bars around a person's screens: at the side on wide windows, at the bottom on phones. */
export function Shell() {
  const { t } = useLingui();
  return (
    <div className={classes.shell}>
      <a className={classes.skip} href="#main">
        {t`Skip to content`}
      </a>
      <TopBar />
      <Navigation />
      <main id="main" tabIndex={-1} className={classes.main}>
        <Suspense fallback={<Loading />}>
          <Outlet />
        </Suspense>
      </main>
      <PaletteHost />
    </div>
  );
}
