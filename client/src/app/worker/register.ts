import { queryClient } from "../../shared/query/client";
import { startWorker } from "../../shared/worker";

/** Have the service worker answer for the client's screens from the next visit on, and show what it has changed. */
export function registerWorker(): void {
  if (!("serviceWorker" in navigator)) return;
  navigator.serviceWorker.addEventListener("message", () => void queryClient.invalidateQueries());
  // Not before the first screen is shown: the worker fetches what other screens need.
  addEventListener("load", () => void register(), { once: true });
  if (document.readyState === "complete") void register();
}

async function register(): Promise<void> {
  try {
    await startWorker();
  } catch {
    // Private windows and old devices refuse: the client works without it.
  }
}
