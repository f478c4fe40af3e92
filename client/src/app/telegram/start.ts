// The client as Telegram's Mini App: signed in by Telegram, in its colours, with its back button and haptics.
// https://core.telegram.org/bots/webapps
import { forgetSession, isSignedIn } from "../../shared/api/session";
import { ROOT } from "../../shared/api/site";
import { playHapticsBy } from "../../shared/telegram/haptics";
import { keepInitData, trySignInByTelegram } from "../../shared/telegram/signIn";
import { followBackButton } from "./backButton";
import { followColours } from "./colours";
import { post } from "./events";
import { readLaunch } from "./launch";

const LAST_USER = "habits.telegram";

/** Prepare the page for Telegram. Return false if Telegram has not opened it, and another one is on its way. */
export async function startInTelegram(): Promise<boolean> {
  const launch = readLaunch();
  if (launch === null) {
    location.replace(ROOT);
    return false;
  }
  const { initData, user, colours } = launch;
  post("web_app_ready");
  post("web_app_expand");
  followColours(colours);
  followBackButton();
  playHapticsBy((haptic) =>
    post(
      "web_app_trigger_haptic_feedback",
      haptic === "done"
        ? { type: "notification", notification_type: "success" }
        : { type: "impact", impact_style: "light" },
    ),
  );
  keepInitData(initData);
  // Several people may use Telegram in one browser: the session is that of who has opened it now.
  if (localStorage.getItem(LAST_USER) !== user && isSignedIn()) forgetSession("expired");
  localStorage.setItem(LAST_USER, user);
  if (!isSignedIn()) await trySignInByTelegram();
  return true;
}
