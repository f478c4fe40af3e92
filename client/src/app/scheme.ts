// The colour scheme that whoever shows the page asks for, in place of the one chosen on this device.
import { useSyncExternalStore } from "react";

type Scheme = "light" | "dark";

let shown: Scheme | undefined;
const listeners = new Set<() => void>();

export function showScheme(scheme: Scheme): void {
  shown = scheme;
  for (const listener of listeners) listener();
}

export function useShownScheme(): Scheme | undefined {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => shown,
  );
}
