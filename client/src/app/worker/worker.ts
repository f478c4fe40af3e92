// The service worker: the client opens without a network, and messages are shown while it is closed. It answers for the
// client's own screens and files only; everything else, the API above all, goes to the network as if there were no worker.
import { notificationOf, type Pushed } from "./pushed";
import { screenOf } from "./screens";

declare const self: ServiceWorkerGlobalScope & {
  __WB_MANIFEST: { url: string; revision: string | null }[];
  /** The first names of the client's screens, which the server writes before this script. */
  SCREENS: string[];
};

const FILES = self.__WB_MANIFEST.map((entry) => new URL(entry.url, self.registration.scope).href);
const CACHE = "client";
const PAGE = self.registration.scope;
const PATIENCE = 4000; // milliseconds that a slow network has for the page

self.addEventListener("install", (event) => {
  event.waitUntil(install());
});

self.addEventListener("activate", (event) => {
  event.waitUntil(forgetOldFiles().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") {
    if (screenOf(request.url, PAGE, self.SCREENS)) event.respondWith(page(request));
  } else if (FILES.includes(request.url)) {
    event.respondWith(file(request));
  }
});

self.addEventListener("push", (event) => {
  const pushed = event.data?.json() as Pushed | undefined;
  if (!pushed) return;
  const { title, options } = notificationOf(pushed, PAGE);
  event.waitUntil(self.registration.showNotification(title, options));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const { url, actions } = event.notification.data as { url: string; actions: Record<string, string> };
  const action = actions[event.action];
  // The link of a button works once and needs no session, so that a tap is counted while the client is closed.
  event.waitUntil(action ? tap(action, url) : open(url));
});

async function install(): Promise<void> {
  const cache = await caches.open(CACHE);
  await Promise.all(
    FILES.map(async (url) => {
      if (!(await cache.match(url))) await cache.add(url);
    }),
  );
  await cache.add(new Request(PAGE, { cache: "no-store" }));
  await self.skipWaiting();
}

async function forgetOldFiles(): Promise<void> {
  const cache = await caches.open(CACHE);
  const kept = new Set([PAGE, ...FILES]);
  for (const request of await cache.keys()) {
    if (!kept.has(request.url)) await cache.delete(request);
  }
}

/** Return the page from the network, so that an upgrade is seen at once; without one, or too slow a one, the kept page. */
async function page(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  const fetched = fetch(request).then(async (answer) => {
    if (answer.ok) await cache.put(PAGE, answer.clone());
    return answer;
  });
  const kept = await cache.match(PAGE, { ignoreVary: true });
  if (!kept) return fetched;
  const late = new Promise<Response>((resolve) => setTimeout(() => resolve(kept.clone()), PATIENCE));
  const answer = await Promise.race([fetched.catch(() => kept), late]);
  // A gateway in front of a service that is down answers, but not for it.
  return answer.status >= 500 ? kept : answer;
}

async function file(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  return (await cache.match(request.url, { ignoreVary: true })) ?? fetch(request);
}

async function tap(action: string, url: string): Promise<void> {
  try {
    const answer = await fetch(action, { method: "POST", credentials: "omit" });
    if (answer.ok) return tellTabs();
  } catch {
    // Without a network the client is opened, where the tick waits for it.
  }
  await open(url);
}

async function tellTabs(): Promise<void> {
  for (const each of await self.clients.matchAll({ type: "window" })) each.postMessage("changed");
}

async function open(url: string): Promise<void> {
  const windows = await self.clients.matchAll({ type: "window" });
  const shown = windows.find((each) => each.url.startsWith(PAGE));
  await (shown ? shown.focus() : self.clients.openWindow(url));
}
