// The session: the refresh token (in localStorage, used once) and the access token (only in memory).
//
// A refresh token is used once, so one tab uses it at a time: the Web Locks API sees to that, and the tab that refreshed
// sends its access token to the others. Where there is no such API, or if an answer is lost, the same refresh token gets
// the same new one again for a minute. Only the server's refusal ends a session, never a lost answer.
import { ApiError, clientError } from "./ApiError";
import { channelOf } from "./channel";
import { post, postNothing } from "./plain";
import { keepProof } from "./proof";
import type { Schema } from "./types";

type Pair = Schema<"Pair">;
export type EndOfSession = "expired" | "signed-out";

const KEY = "habits.refresh";
const LOCK = "habits.refresh";
const LEFT = "habits.left"; // there after a person has signed out, and not where a session has expired
const NEWS_TIMEOUT = 400; // milliseconds to wait for another tab's message

let access: string | null = null;
let refreshing: Promise<string> | null = null;
let wakeByNews: (() => void) | null = null;
const listeners = new Set<(end: EndOfSession | null) => void>();
const tabs = channelOf("habits.session");

tabs?.addEventListener("message", ({ data }: MessageEvent<Partial<Pair> | null>) => {
  if (!data?.access || !isSignedIn()) return;
  access = data.access;
  wakeByNews?.();
});

globalThis.addEventListener?.("storage", (event) => {
  // A refresh in another tab replaces the token; signing in or out there adds or removes it, or changes the person.
  if (event.key !== KEY || personOf(event.oldValue) === personOf(event.newValue)) return;
  access = null;
  tell(event.newValue ? null : localStorage.getItem(LEFT) ? "signed-out" : "expired");
});

export function isSignedIn(): boolean {
  return localStorage.getItem(KEY) !== null;
}

/** Return the id of who is signed in, null if nobody is. */
export function signedInPerson(): string | null {
  return personOf(localStorage.getItem(KEY));
}

/** Return the id of the session here, null if nobody is signed in. It stays while its tokens are refreshed. */
export function signedInSession(): string | null {
  return claimOf(localStorage.getItem(KEY), "sid");
}

/** Call `listener` when someone signs in (null) or a session ends, here or in another tab. Return how to stop that. */
export function onSessionChange(listener: (end: EndOfSession | null) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export async function signIn(email: string, password: string): Promise<void> {
  keep(await post("/token/", { email, password }));
  tell(null);
}

export async function signInByLink(token: string): Promise<void> {
  keep(await post("/token/link/", { token }));
  tell(null);
}

/** Sign in as the service says that has just sent this browser back. Whoever is signed in may only prove to be there. */
export async function signInByTicket(): Promise<void> {
  await replaceBy(() => postNothing("/token/provider/"));
}

/** Sign in as the proxy in front of the service says. */
export async function signInByProxy(): Promise<void> {
  await replaceBy(() => postNothing("/token/header/"));
}

/** Sign in as Telegram says, which has opened this page. */
export async function signInByTelegram(initData: string): Promise<void> {
  keep(await post("/token/telegram/", { init_data: initData }));
  tell(null);
}

/** Keep the session of an answer, with the proof of its fresh sign-in, in place of the one that was here. */
export async function replaceBy(ask: () => Promise<Pair & { proof: string }>): Promise<void> {
  while (refreshing) await refreshing.catch(() => {}); // its pair is of the session that was here
  const answer = ask();
  // Requests of this page wait for it: the session that was here ends.
  refreshing = answer
    .then((pair) => pair.access)
    .catch(() => refresh(null, false))
    .finally(() => {
      refreshing = null;
    });
  refreshing.catch(() => {}); // nobody may be waiting
  const { proof, ...pair } = await answer;
  const before = localStorage.getItem(KEY);
  const theirs = personOf(before) === personOf(pair.refresh) ? pair.access : access;
  keep(pair);
  keepProof(proof);
  tell(null);
  if (before && theirs) await post("/token/revoke/", { refresh: before }, theirs).catch(() => {});
}

/** End the session here, and on the server if it can be reached. */
export async function signOut(): Promise<void> {
  try {
    const token = await accessToken();
    await post("/token/revoke/", { refresh: localStorage.getItem(KEY) ?? "" }, token);
  } catch {
    // The tokens expire on their own.
  }
  forget("signed-out");
}

/** End the session here alone: the server has ended it, with the account, or it is not of who is here now ("expired"). */
export function forgetSession(why: EndOfSession = "signed-out"): void {
  forget(why);
}

/** Return an access token, other than `stale`. Parallel calls share one refresh. Throws ApiError. */
export function accessToken(stale: string | null = null): Promise<string> {
  if (access && access !== stale) return Promise.resolve(access);
  refreshing ??= inTurn((waited) => refresh(stale, waited)).finally(() => {
    refreshing = null;
  });
  return refreshing;
}

/** Run `work(waited)` while no other tab does. `waited`: another tab ran before. */
async function inTurn(work: (waited: boolean) => Promise<string>): Promise<string> {
  if (!navigator.locks) return work(false);
  const got = await navigator.locks.request(LOCK, { ifAvailable: true }, async (lock) =>
    lock ? work(false) : null,
  );
  return got ?? navigator.locks.request(LOCK, () => work(true));
}

async function refresh(stale: string | null, waited: boolean): Promise<string> {
  if (waited && !isFresh(stale)) await news();
  if (access && isFresh(stale)) return access;
  const token = localStorage.getItem(KEY);
  if (!token) throw signedOut();
  let pair: Pair;
  try {
    pair = await post("/token/refresh/", { refresh: token });
  } catch (error) {
    if (!(error instanceof ApiError) || error.isTemporary || error.status === 0) throw error;
    await news();
    if (access && isFresh(stale)) return access;
    const newer = localStorage.getItem(KEY);
    if (newer && newer !== token) return keep(await post("/token/refresh/", { refresh: newer }));
    forget("expired");
    throw signedOut();
  }
  const present = localStorage.getItem(KEY);
  if (present === null) throw signedOut(); // in another tab, meanwhile
  if (claimOf(present, "sid") === claimOf(token, "sid")) return keep(pair);
  // Someone has signed in again meanwhile: that session stays.
  return access && isFresh(stale) ? access : refresh(stale, false);
}

function isFresh(stale: string | null): boolean {
  return access !== null && access !== stale;
}

/** Wait a moment for another tab's access token. */
function news(): Promise<void> {
  return new Promise((resolve) => {
    wakeByNews = resolve;
    setTimeout(resolve, NEWS_TIMEOUT);
  });
}

function keep(pair: Pair): string {
  access = pair.access;
  localStorage.removeItem(LEFT);
  localStorage.setItem(KEY, pair.refresh);
  tabs?.postMessage({ access: pair.access });
  return pair.access;
}

function forget(why: EndOfSession): void {
  access = null;
  if (why === "signed-out") localStorage.setItem(LEFT, "1");
  localStorage.removeItem(KEY);
  tell(why);
}

function tell(end: EndOfSession | null): void {
  for (const listener of listeners) listener(end);
}

function signedOut(): ApiError {
  return clientError(401, "signed_out");
}

function personOf(token: string | null): string | null {
  return claimOf(token, "user_id");
}

/** Return what a token says, without checking it: only the server can. */
function claimOf(token: string | null, name: "user_id" | "sid"): string | null {
  const payload = token?.split(".")[1];
  if (!payload) return null;
  try {
    const claims = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
    return claims[name] == null ? null : String(claims[name]);
  } catch {
    return null;
  }
}
