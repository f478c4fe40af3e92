import { MutationCache, onlineManager, QueryClient } from "@tanstack/react-query";
import { ApiError } from "../api/ApiError";
import { isSignedIn, onSessionChange, signedInPerson } from "../api/session";
import { sentenceOfError } from "../errors/sentences";
import { dismissNotice, notify } from "../ui/notices";
import { withdrawQuestion } from "../ui/questions";

export const KEPT_FOR = 14 * 24 * 60 * 60_000; // milliseconds that an answer is kept on this device

export const FRESH_FOR = 20_000; // milliseconds in which an answer is not asked for again

declare module "@tanstack/react-query" {
  interface Register {
    defaultError: Error;
    queryMeta: { /** Do not keep the answer on the device: it is large or secret. */ volatile?: boolean };
    mutationMeta: {
      /** Kept on the device until the server has it; see queue.ts. */
      queued?: boolean;
      /** Whose change it is: it goes out with their session alone. */
      person?: string | null;
    };
  }
}

const mutationCache = new MutationCache({
  onError: (error, _variables, _result, mutation) => {
    if (mutation.meta?.queued) notify({ kind: "problem", text: sentenceOfError(error) });
  },
});

export const queryClient = new QueryClient({
  mutationCache,
  defaultOptions: {
    queries: {
      staleTime: FRESH_FOR,
      gcTime: KEPT_FOR,
      retry: (count, error) => count < 2 && error instanceof ApiError && error.isTemporary,
    },
    mutations: { gcTime: KEPT_FOR },
  },
});

let owner = signedInPerson();

/** Return whose answers and changes are in memory: who is signed in, or whose session has expired. */
export function personInMemory(): string | null {
  return owner;
}

// In every tab: the answers, the queue, the message and the question of who has signed out are gone. Those of an expired session stay for the same
// person. This listener is the first one, so that nothing of one person is shown to another or sent with their session.
onSessionChange((end) => {
  const before = owner;
  owner = end === "signed-out" ? null : (signedInPerson() ?? before);
  if (end !== "signed-out" && (before === null || owner === before)) return;
  queryClient.clear();
  dismissNotice();
  withdrawQuestion();
});

/** What can be sent now: nothing without a network, and nothing personal while nobody is signed in. */
onlineManager.setEventListener((setOnline) => {
  const update = () => setOnline(navigator.onLine !== false && isSignedIn());
  update();
  const stopListening = onSessionChange(update);
  addEventListener("online", update);
  addEventListener("offline", update);
  return () => {
    stopListening();
    removeEventListener("online", update);
    removeEventListener("offline", update);
  };
});

/** Seconds grow with each try; a server that says how long to wait is believed. */
export function retryDelay(count: number, error: unknown): number {
  const asked = error instanceof ApiError ? error.retryAfter : null;
  return asked ? asked * 1000 : Math.min(1000 * 2 ** count, 30_000);
}
