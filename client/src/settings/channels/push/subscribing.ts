// Turning this browser's messages on and off. Which of the subscriptions on the server is this browser's is kept here.
import { ApiError } from "../../../shared/api/ApiError";
import { answered, api } from "../../../shared/api/client";
import { signedInPerson, signedInSession } from "../../../shared/api/session";
import type { Schema } from "../../../shared/api/types";
import { startWorker } from "../../../shared/worker";
import { hasKey, ownSubscription, pushSupport } from "./support";

const PATIENCE = 60_000; // milliseconds that a service worker has to start: it first loads all of the client

/** Why the browser did not subscribe: see usePushWords. */
export type PushRefusal = "refused" | "dismissed" | "no-worker" | "no-service";

export class NotSubscribed extends Error {
  constructor(readonly why: PushRefusal) {
    super(why);
  }
}

const nameOfMark = () => `habits.push ${signedInPerson()}`;

/** What the server was told of this browser for this person, in which session. It ends there with the session. */
function mark(): { id: number; endpoint: string; session?: string | null } | null {
  try {
    return JSON.parse(localStorage.getItem(nameOfMark()) ?? "null");
  } catch {
    return null;
  }
}

/** Return the id of this browser's subscription on the server, null if it has none for this person. */
export async function ownId(): Promise<number | null> {
  const id = mark()?.id ?? null;
  return id !== null && (await ownSubscription()) ? id : null;
}

/** Ask the person, subscribe, and tell the server. Throws NotSubscribed, ApiError. */
export async function subscribe(): Promise<void> {
  const permission = await Notification.requestPermission();
  if (permission !== "granted") throw new NotSubscribed(permission === "denied" ? "refused" : "dismissed");
  const worker = await readyWorker();
  const { key } = await answered(api.GET("/push/key/"));
  const existing = await worker.pushManager.getSubscription();
  if (existing && !hasKey(existing, key)) await existing.unsubscribe();
  await send(await newSubscription(worker, key));
}

/** Subscribe again, if messages are on in this browser and its subscription or the session that made it has ended. */
export async function renew(): Promise<void> {
  const told = mark();
  if (!told || pushSupport() !== "yes" || Notification.permission !== "granted") return;
  const existing = await ownSubscription();
  const isOfThisSession = told.session === signedInSession();
  if (existing?.endpoint === told.endpoint && isOfThisSession) return;
  if (told.session && !isOfThisSession) return subscribe(); // on the server it has ended with its session
  const { results } = await answered(
    api.GET("/push/subscriptions/", { params: { query: { page_size: 100 } } }),
  );
  if (results.some(({ id }) => id === told.id)) await subscribe();
  else localStorage.removeItem(nameOfMark()); // turned off elsewhere, and that is to stay so
}

/** End the messages of a browser on the server. Throws ApiError. */
export async function remove(id: number): Promise<void> {
  try {
    await api.DELETE("/push/subscriptions/{id}/", { params: { path: { id } } });
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error; // gone already is what is wanted
  }
}

/** End this browser's messages, here and on the server. Throws ApiError. */
export async function unsubscribe(id: number): Promise<void> {
  await remove(id);
  localStorage.removeItem(nameOfMark());
  await (await ownSubscription())?.unsubscribe();
}

/** End this browser's messages before the person signs out of it: the next one to use it must not see them. */
export async function unsubscribeBeforeLeaving(): Promise<void> {
  try {
    const id = await ownId();
    if (id !== null) await unsubscribe(id);
  } catch {
    // Without a network one can sign out as well; the browser alone ends it then.
    localStorage.removeItem(nameOfMark());
    await (await ownSubscription().catch(() => null))?.unsubscribe().catch(() => {});
  }
}

async function readyWorker(): Promise<ServiceWorkerRegistration> {
  try {
    await startWorker();
    return await Promise.race([navigator.serviceWorker.ready, after(PATIENCE)]);
  } catch {
    throw new NotSubscribed("no-worker");
  }
}

function after(milliseconds: number): Promise<never> {
  return new Promise((_, reject) => setTimeout(() => reject(new Error("late")), milliseconds));
}

async function newSubscription(worker: ServiceWorkerRegistration, key: string): Promise<PushSubscription> {
  try {
    return await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  } catch (error) {
    throw new NotSubscribed((error as Error).name === "NotAllowedError" ? "refused" : "no-service");
  }
}

async function send(subscription: PushSubscription): Promise<void> {
  const { endpoint = "", keys = {} } = subscription.toJSON();
  const body: Schema<"NewSubscription"> = {
    endpoint,
    keys: { p256dh: keys.p256dh ?? "", auth: keys.auth ?? "" },
  };
  const session = signedInSession();
  const made = await answered(api.POST("/push/subscriptions/", { body }));
  localStorage.setItem(nameOfMark(), JSON.stringify({ id: made.id, endpoint, session }));
}
