// Where one was before signing in by another service or registering, which leaves the page, perhaps for a mail.
import { BASENAME } from "../api/site";

const KEY = "habits.place";
const KEPT_FOR = 3 * 24 * 60 * 60_000; // milliseconds: as long as the link of a confirmation mail

/** Remember the address that is shown, unless it is only that of signing in. */
export function rememberPlace(): void {
  const path = location.pathname.slice(BASENAME.length) + location.search;
  if (/^\/(sign-in|sign-up|forgotten|check-mail)\b/.test(path)) return;
  localStorage.setItem(KEY, JSON.stringify({ path, at: Date.now() }));
}

/** Return the remembered address, as the router takes it, and forget it. */
export function takePlace(): string | null {
  const stored = localStorage.getItem(KEY);
  localStorage.removeItem(KEY);
  try {
    const { path, at } = JSON.parse(stored ?? "{}") as { path?: unknown; at?: unknown };
    const isRecent = typeof at === "number" && Date.now() - at < KEPT_FOR;
    return isRecent && typeof path === "string" && /^\/(?!\/)/.test(path) ? path : null;
  } catch {
    return null;
  }
}
