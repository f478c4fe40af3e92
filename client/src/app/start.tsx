import { setNonce } from "get-nonce";
import { createRoot } from "react-dom/client";
import "./nonce";
import "./queued";
import { onSessionChange } from "../shared/api/session";
import { IN_TELEGRAM, pageNonce } from "../shared/api/site";
import { App } from "./App";
import { askForFirstScreen, firstTexts } from "./before";
import { pathOfHash } from "./hashes";
import { reloadWhenChunksAreGone } from "./reload";
import { nextAddress, router } from "./routes";
import { registerWorker } from "./worker/register";

/** Show the app, with the texts that are on their way. */
export async function start(texts: Promise<void>): Promise<void> {
  setNonce(pageNonce()); // of the style element that keeps the page still behind a dialog
  reloadWhenChunksAreGone(nextAddress);
  addEventListener("hashchange", () => {
    const path = pathOfHash(location.hash); // such an address was opened in this tab, which did not load the page
    if (path !== undefined) void router.navigate(`/${path}`, { replace: true });
  });
  if (IN_TELEGRAM) {
    if (!(await (await import("./telegram/start")).startInTelegram())) return;
    askForFirstScreen();
  }
  onSessionChange((end) => {
    if (end === null) askForFirstScreen(); // somebody has signed in
  });
  await texts.catch(firstTexts);
  const root = document.getElementById("root");
  if (root) createRoot(root).render(<App />);
  if (!IN_TELEGRAM) registerWorker();
}
