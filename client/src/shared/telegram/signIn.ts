// Signing in with what Telegram gives the Mini App when it opens it; app/telegram/ reads that.
import { useSyncExternalStore } from "react";
import { signInByTelegram } from "../api/session";

let initData = "";
let refusal: unknown = null;
const listeners = new Set<() => void>();

export function keepInitData(given: string): void {
  initData = given;
}

/** Sign in; why that was refused is kept for the screen. */
export async function trySignInByTelegram(): Promise<void> {
  try {
    refusal = null;
    await signInByTelegram(initData);
  } catch (error) {
    refusal = error;
  }
  for (const listener of listeners) listener();
}

export function useRefusal(): unknown {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => refusal,
  );
}
