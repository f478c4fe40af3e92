import { useSyncExternalStore } from "react";
import { onSessionChange, signedInPerson } from "../api/session";

/** Return the id of who is signed in, null if nobody is. */
export function usePerson(): string | null {
  return useSyncExternalStore(onSessionChange, signedInPerson);
}
