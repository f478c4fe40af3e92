// Short messages, shown in the bar at the top, where they cover nothing.
import { useSyncExternalStore } from "react";

export interface Notice {
  id: number;
  kind: "done" | "problem";
  text: string;
  action?: { label: string; run: () => void };
}

const SHOWN_FOR = { done: 6_000, problem: 15_000 }; // milliseconds

let current: Notice | null = null;
let count = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

/** Show a message, in place of the one before. */
export function notify(notice: Omit<Notice, "id">): void {
  count += 1;
  show({ ...notice, id: count });
  timer = setTimeout(dismissNotice, SHOWN_FOR[notice.kind]);
}

export function dismissNotice(): void {
  show(null);
}

function show(notice: Notice | null): void {
  clearTimeout(timer);
  current = notice;
  for (const listener of listeners) listener();
}

export function useNotice(): Notice | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}
