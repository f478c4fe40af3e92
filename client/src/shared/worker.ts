import { ROOT } from "./api/site";

/** Start the service worker, or find it. Throws where the browser refuses it: in private windows, on old devices. */
export function startWorker(): Promise<ServiceWorkerRegistration> {
  return navigator.serviceWorker.register(`${ROOT}worker.js`, { scope: ROOT, updateViaCache: "none" });
}
