// Questions before something that cannot be undone: `if (await ask({...}))`. The dialog is loaded when it is first needed.
import { useSyncExternalStore } from "react";

export interface Question {
  title: string;
  /** What will happen, with what will be lost. */
  text: string;
  yes: string;
  no?: string;
  isDangerous?: boolean;
}

export interface AskedQuestion extends Question {
  answer: (yes: boolean) => void;
}

let current: AskedQuestion | null = null;
const listeners = new Set<() => void>();

/** Ask, and return whether the person agreed. */
export function ask(question: Question): Promise<boolean> {
  current?.answer(false);
  return new Promise((resolve) => {
    show({
      ...question,
      answer: (yes) => {
        show(null);
        resolve(yes);
      },
    });
  });
}

/** Close what is asked as if it had been refused. */
export function withdrawQuestion(): void {
  current?.answer(false);
}

function show(question: AskedQuestion | null): void {
  current = question;
  for (const listener of listeners) listener();
}

export function useQuestion(): AskedQuestion | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}
