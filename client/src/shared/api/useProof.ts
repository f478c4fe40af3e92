import { useSyncExternalStore } from "react";
import { currentProof, onProofChange } from "./proof";

/** Return the proof that another service has signed the person in just now, if there is one. */
export function useProof(): string | null {
  return useSyncExternalStore(onProofChange, currentProof);
}
