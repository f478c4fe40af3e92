// Changes that wait for the network. They are sent in order, kept on the device until the server has them, and shown as
// a count, which is the person's: that of all tabs. Each tab keeps its own changes; a tab that starts takes over those of
// tabs that are gone, so that nothing is sent by two.
// A change is its person's: when another one signs in, it stays on the device until they are back.
import {
  type DehydratedState,
  dehydrate,
  hydrate,
  type Mutation,
  type QueryClient,
} from "@tanstack/react-query";
import { del, entries, set } from "idb-keyval";
import { ApiError } from "../api/ApiError";
import { channelOf } from "../api/channel";
import { newKey } from "../api/client";
import { signedInPerson } from "../api/session";
import { personInMemory, queryClient, retryDelay } from "./client";

export interface Queued<Variables, Answer> {
  /** The name of this kind of change; it is stored, so it stays the same. */
  name: string;
  send: (variables: Variables) => Promise<Answer>;
  onSuccess?: (answer: Answer, variables: Variables) => void;
  /** The server refused: show again what it has. The refusal itself is shown in any case. */
  onRefused?: (variables: Variables, error: Error) => void;
}

type DehydratedMutation = DehydratedState["mutations"][number];

const TAB = newKey();
const lockName = (tab: string) => `habits.queue.${tab}`;
// Says whose queue has changed on the device.
const channel = channelOf("habits.queue");
const keyOf = (person: string, tab: string) => `queue ${person} ${tab}`;

/** Define a kind of change. Do it where the app starts (app/queued.ts), so that stored changes can be sent after a reload. */
export function defineQueued<Variables, Answer>(kind: Queued<Variables, Answer>): void {
  queryClient.setMutationDefaults([kind.name], {
    mutationFn: (variables, { meta }) =>
      isOfAnother(meta?.person) ? new Promise<never>(() => {}) : kind.send(variables as Variables),
    onSuccess: (answer, variables) => kind.onSuccess?.(answer as Answer, variables as Variables),
    onError: (error: Error, variables) => kind.onRefused?.(variables as Variables, error),
    retry: (_count, error) => error instanceof ApiError && (error.isTemporary || error.status === 401),
    retryDelay,
    scope: { id: "queue" }, // one after the other
    meta: { queued: true },
  });
}

/** Whether it is not for the session of now. Such a change has left the memory, but a try of it may have been under way. */
function isOfAnother(person: string | null | undefined): boolean {
  const now = signedInPerson();
  return person != null && now !== null && now !== person;
}

/** Queue a change of a defined kind. */
export function enqueue<Variables>(name: string, variables: Variables): void {
  const cache = queryClient.getMutationCache();
  cache
    .build<unknown, Error, Variables, unknown>(queryClient, {
      mutationKey: [name],
      meta: { queued: true, person: personInMemory() ?? signedInPerson() },
    })
    .execute(variables)
    .catch(() => {}); // a refusal is shown by the client's mutation cache
}

export function isWaiting(mutation: Mutation): boolean {
  return mutation.meta?.queued === true && mutation.state.status === "pending";
}

/** Return how many changes of a person wait on this device: here, and in the queues that other tabs have stored. */
export async function unsentChanges(person: string): Promise<number> {
  const here = queryClient.getMutationCache().getAll().filter(isWaiting).length;
  return here + (await unsentElsewhere(person));
}

/** Return how many changes of a person wait in the queues that other tabs have stored. */
async function unsentElsewhere(person: string): Promise<number> {
  const found = await entries<string, string>().catch(() => []);
  return found
    .filter(([key]) => String(key).startsWith(keyOf(person, "")) && key !== keyOf(person, TAB))
    .reduce((count, [, stored]) => count + read(stored).length, 0);
}

/** Tell `show` how many changes of a person wait in other tabs, now and whenever that changes. Return how to stop. */
export function followElsewhere(person: string, show: (count: number) => void): () => void {
  let isOver = false;
  const count = async () => {
    const found = await unsentElsewhere(person);
    if (!isOver) show(found);
  };
  const onNews = ({ data }: MessageEvent<string>) => {
    if (data === person) void count();
  };
  channel?.addEventListener("message", onNews);
  void count();
  return () => {
    isOver = true;
    channel?.removeEventListener("message", onNews);
  };
}

/** Keep this tab's queue of a person, after taking over what closed tabs have left. Return how to stop. */
export async function keepQueue(client: QueryClient, person: string): Promise<() => void> {
  holdLock();
  await adopt(client, person);
  let saved = "";
  const save = () => {
    if (personInMemory() !== person) return; // what they have stored waits for them
    const { mutations } = dehydrate(client, {
      shouldDehydrateMutation: isWaiting,
      shouldDehydrateQuery: () => false,
    });
    const paused = mutations.map((each) => ({ ...each, state: { ...each.state, isPaused: true } }));
    const now = JSON.stringify(paused);
    if (now === saved) return;
    saved = now;
    const stored = paused.length ? set(keyOf(person, TAB), now) : del(keyOf(person, TAB));
    stored.then(() => channel?.postMessage(person)).catch(() => {});
  };
  save();
  const stop = client.getMutationCache().subscribe(save);
  void client.resumePausedMutations();
  return stop;
}

/** Take over the queues of tabs that no longer hold their lock, and what this tab kept while another person was here. */
async function adopt(client: QueryClient, person: string): Promise<void> {
  const prefix = keyOf(person, "");
  const own = keyOf(person, TAB);
  const found = await entries<string, string>();
  let ours: DehydratedMutation[] = read(found.find(([key]) => key === own)?.[1]);
  if (!hasQueued(client, person)) take(client, person, ours);
  for (const [key, stored] of found) {
    const name = String(key);
    if (!name.startsWith(prefix) || name === own) continue;
    await ifClosed(name.slice(prefix.length), async () => {
      if (personInMemory() !== person) return;
      const theirs = read(stored);
      take(client, person, theirs);
      ours = [...ours, ...theirs];
      await set(own, JSON.stringify(ours));
      await del(name);
    });
  }
}

const read = (stored: string | undefined): DehydratedMutation[] => JSON.parse(stored ?? "[]");

/** Whether the memory has changes of the person, sent or not: then it knows better than what this tab has stored. */
function hasQueued(client: QueryClient, person: string): boolean {
  const all = client.getMutationCache().getAll();
  return all.some(({ meta }) => meta?.queued && meta.person === person);
}

function take(client: QueryClient, person: string, stored: DehydratedMutation[]): void {
  if (personInMemory() !== person) return; // another one has signed in meanwhile
  const mutations = stored.map((each) => ({ ...each, meta: { ...each.meta, queued: true, person } }));
  hydrate(client, { mutations, queries: [] });
}

async function ifClosed(tab: string, work: () => Promise<void>): Promise<void> {
  if (!navigator.locks) return work();
  await navigator.locks.request(lockName(tab), { ifAvailable: true }, async (lock) => {
    if (lock) await work();
  });
}

let isHolding = false;

function holdLock(): void {
  if (isHolding) return;
  isHolding = true;
  // Held until the tab is closed.
  void navigator.locks?.request(lockName(TAB), () => new Promise(() => {}));
}
