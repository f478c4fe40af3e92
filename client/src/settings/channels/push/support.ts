// What the browser says about push messages.
import { ROOT } from "../../../shared/api/site";

/** Whether this browser can show messages of the site: yes, refused by the person, or why not. */
export type Support = "yes" | "refused" | "insecure" | "install" | "unsupported";

export function pushSupport(): Support {
  if (!globalThis.isSecureContext) return "insecure";
  if (!("serviceWorker" in navigator && "PushManager" in globalThis && "Notification" in globalThis)) {
    return isApple() ? "install" : "unsupported";
  }
  return Notification.permission === "denied" ? "refused" : "yes";
}

/** Safari on phones has push messages only once the site is on the home screen. */
function isApple(): boolean {
  const isPad = navigator.userAgent.includes("Macintosh") && navigator.maxTouchPoints > 1;
  return isPad || /iPhone|iPad/.test(navigator.userAgent);
}

/** Return this browser's subscription, null if it has none. */
export async function ownSubscription(): Promise<PushSubscription | null> {
  const worker = await navigator.serviceWorker?.getRegistration(ROOT);
  return (await worker?.pushManager?.getSubscription()) ?? null;
}

/** Return whether a subscription was made with this key: one with the key of a former installation gets nothing. */
export function hasKey(subscription: PushSubscription, key: string): boolean {
  const used = subscription.options?.applicationServerKey;
  return !used || base64url(new Uint8Array(used)) === key.replace(/=+$/, "");
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
}
