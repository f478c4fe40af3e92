// Who is signed in: the refresh token (kept, used once) and the access token (in memory only).
//
// A refresh token dies when it is used, so only one tab may use it at a time: the Web Locks API sees to that where
// there is one, and the tab that refreshed hands its access token to the others. Where there is none (a page served
// without TLS), a tab that came second finds the new token in the store and goes on with it.

import { ApiError, send } from "./http.js";

const KEY = "habits.refresh";
const CATCH_UP = 400; // milliseconds for another tab's news to arrive

let access = null;
let refreshing = null;
let onEnd = () => {};
let heard = null; // wakes whoever waits for another tab's news
const tabs = "BroadcastChannel" in window ? new BroadcastChannel("habits.session") : null;

tabs?.addEventListener("message", ({ data }) => {
  if (!data?.access || !isSignedIn()) return;
  access = data.access;
  heard?.();
});

export function isSignedIn() {
  return localStorage.getItem(KEY) !== null;
}

/** The access token at hand, or null. */
export function accessToken() {
  return access;
}

export async function signIn(email, password) {
  keep(await send("POST", "token/", { email, password }));
}

/** Ends the session on the server as well as it can be reached, and here in any case. */
export async function signOut() {
  const refresh = localStorage.getItem(KEY);
  try {
    const token = access ?? (await freshAccess(null));
    await send("POST", "token/revoke/", { refresh: localStorage.getItem(KEY) ?? refresh }, token);
  } catch {
    // The token runs out by itself.
  }
  forget();
}

export function forget() {
  access = null;
  localStorage.removeItem(KEY);
}

/** Calls `end` when the session cannot go on, and when another tab signs in or out. */
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

/** An access token other than `stale`; all who ask meanwhile share one refresh. Throws ApiError. */
export function freshAccess(stale) {
  if (access && access !== stale) return Promise.resolve(access);
  refreshing ??= inTurn((waited) => refresh(stale, waited)).finally(() => {
    refreshing = null;
  });
  return refreshing;
}

/** Runs `work(waited)` while no other tab runs its own; `waited`: another one had its turn before. */
async function inTurn(work) {
  if (!navigator.locks) return work(false);
  const name = "habits.refresh";
  const first = await navigator.locks.request(name, { ifAvailable: true }, async (lock) => lock && { got: await work(false) });
  return first ? first.got : navigator.locks.request(name, () => work(true));
}

async function refresh(stale, waited) {
  // The access token of the tab that had its turn serves this one as well.
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

/** Waits a moment for what another tab has got. */
function news() {
  return new Promise((wake) => {
    heard = wake;
    setTimeout(wake, CATCH_UP);
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
