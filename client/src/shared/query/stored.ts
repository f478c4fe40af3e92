// Answers are kept on the device, so that the app opens at once and without a network.
import type { QueryClient } from "@tanstack/react-query";
import type { PersistedClient, Persister } from "@tanstack/react-query-persist-client";
import { del, get, set } from "idb-keyval";
import { signedInPerson } from "../api/session";
import { FRESH_FOR, personInMemory } from "./client";

const DELAY = 500; // milliseconds in which changes are gathered

/**
 * Ask again for stored answers that look fresh, once they are shown: a page that is loaded again at once may have been
 * left before it had stored what a change made of them.
 */
export function doubtFresh(client: QueryClient): void {
  const since = Date.now() - FRESH_FOR;
  void client.invalidateQueries({
    predicate: ({ state }) => state.dataUpdatedAt > since,
    refetchType: "none",
  });
}

/** Return what keeps a person's answers. */
export function storedAnswers(person: string): Persister {
  const key = `answers ${person}`;
  let latest: PersistedClient | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const write = async () => {
    clearTimeout(timer);
    timer = undefined;
    // Who has signed out leaves nothing here; where a session has expired, what was written before stays.
    if (latest && signedInPerson() === person) await set(key, latest);
  };
  globalThis.addEventListener?.("pagehide", () => void write());
  return {
    persistClient: (client) => {
      latest = client;
      timer ??= setTimeout(() => void write().catch(() => {}), DELAY);
    },
    restoreClient: async () => {
      const stored = await get<PersistedClient>(key);
      return personInMemory() === person ? stored : undefined; // else another one has signed in meanwhile
    },
    removeClient: async () => {
      latest = null;
      await del(key);
    },
  };
}
