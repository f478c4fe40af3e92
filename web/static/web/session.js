// The session: the refresh token (in localStorage, used once) and the access token (only in memory).
//
// A refresh token is used once, so only one tab uses it at a time. The Web Locks API ensures that, and the tab that
// refreshed sends its access token to the others. Without that API (on pages without TLS), or if an answer is lost, the
// same refresh token gets the same new one again for a minute.

import { ApiError, send } from "./http.js";

const KEY = "habits.refresh";
const NEWS_TIMEOUT = 400; // milliseconds to wait for another tab's message

let access = null;
let refreshing = null;
let onEnd = () => {};
let onNews = null; // resolves the wait for another tab's message
const tabs = "BroadcastChannel" in window ? new BroadcastChannel("habits.session") : null;

tabs?.addEventListener("message", ({ data }) => {
  if (!data?.access || !isSignedIn()) return;
  access = data.access;
  onNews?.();
});

export function isSignedIn() {
  return localStorage.getItem(KEY) !== null;
}

/** Return the access token in memory, or null. */
export function accessToken() {
  return access;
}

export async function signIn(email, password) {
  keep(await send("POST", "token/", { email, password }));
}

export async function signInByLink(token) {
  keep(await send("POST", "token/link/", { token }));
}

/** End the session here, and on the server if it can be reached. */
export async function signOut() {
  const refresh = localStorage.getItem(KEY);
  try {
    const token = access ?? (await freshAccess(null));
    await send("POST", "token/revoke/", { refresh: localStorage.getItem(KEY) ?? refresh }, token);
  } catch {
    // The token expires on its own.
  }
  forget();
}

export function forget() {
  access = null;
  localStorage.removeItem(KEY);
}

/** Call `end` when the session has expired, and when another tab signs in or out. */
export function whenItEnds(end) {
  onEnd = end;
  window.addEventListener("storage", (event) => {
    const refreshed = event.oldValue && event.newValue;
    if (event.key === KEY && !refreshed) {
      access = null;
      onEnd("elsewhere");
    }
  });
}

/** Return an access token other than `stale`. Parallel calls share one refresh. Throws ApiError. */
export function freshAccess(stale) {
  if (access && access !== stale) return Promise.resolve(access);
  refreshing ??= inTurn((waited) => refresh(stale, waited)).finally(() => {
    refreshing = null;
  });
  return refreshing;
}

/** Run `work(waited)` while no other tab does. `waited`: another tab ran before. */
async function inTurn(work) {
  if (!navigator.locks) return work(false);
  const name = "habits.refresh";
  const first = await navigator.locks.request(name, { ifAvailable: true }, async (lock) => lock && { got: await work(false) });
  return first ? first.got : navigator.locks.request(name, () => work(true));
}

async function refresh(stale, waited) {
  // This tab can use the access token that the other tab just got.
  if (waited && !isOther(stale)) await news();
  if (isOther(stale)) return access;
  const token = localStorage.getItem(KEY);
  if (!token) throw ended();
  try {
    return keep(await send("POST", "token/refresh/", { refresh: token }));
  } catch (error) {
    if (error.status !== 401 && error.status !== 400) throw error;
    await news();
    if (isOther(stale)) return access;
    const newer = localStorage.getItem(KEY);
    if (newer && newer !== token) return keep(await send("POST", "token/refresh/", { refresh: newer }));
    forget();
    onEnd("expired");
    throw ended();
  }
}

function isOther(stale) {
  return access !== null && access !== stale;
}

/** Wait a moment for another tab's access token. */
function news() {
  return new Promise((wake) => {
    onNews = wake;
    setTimeout(wake, NEWS_TIMEOUT);
  });
}

function keep(pair) {
  access = pair.access;
  localStorage.setItem(KEY, pair.refresh);
  tabs?.postMessage(pair);
  return access;
}

function ended() {
  return new ApiError(401, [{ code: "signed_out", detail: "Please sign in again.", attr: null }]);
}
