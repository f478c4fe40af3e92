// What was typed into a form and not sent. It survives reload, signing out and an expired session, and is shown again to
// the same person only.
import { signedInPerson } from "../api/session";

const PREFIX = "habits.draft";
const KEPT_FOR = 30 * 24 * 60 * 60_000; // milliseconds

interface Draft {
  at: number;
  values: Record<string, unknown>;
}

let lastPerson = signedInPerson();

/** The person whose drafts these are: who is signed in, or was last, in this page. */
function owner(): string {
  lastPerson = signedInPerson() ?? lastPerson;
  return lastPerson ?? "nobody";
}

const keyOf = (name: string) => `${PREFIX} ${owner()} ${name}`;

export function readDraft<Values>(name: string): Partial<Values> | null {
  try {
    const draft = JSON.parse(localStorage.getItem(keyOf(name)) ?? "null") as Draft | null;
    return draft && Date.now() - draft.at < KEPT_FOR ? (draft.values as Partial<Values>) : null;
  } catch {
    return null;
  }
}

export function writeDraft(name: string, values: Record<string, unknown>): void {
  try {
    localStorage.setItem(keyOf(name), JSON.stringify({ at: Date.now(), values } satisfies Draft));
  } catch {
    // The storage is full: the form works without a draft.
  }
}

/** What is typed from now on is nobody's, and not of the person who has just signed out. */
export function leaveDrafts(): void {
  lastPerson = signedInPerson();
}

/** Forget the drafts of a person whose account is gone, and those typed while nobody was signed in. */
export function forgetDrafts(person: string): void {
  const theirs = [`${PREFIX} ${person} `, `${PREFIX} nobody `];
  for (const key of Object.keys(localStorage)) {
    if (theirs.some((start) => key.startsWith(start))) localStorage.removeItem(key);
  }
}

/** Forget a draft, also if it was typed before this person signed in. */
export function removeDraft(name: string): void {
  for (const person of [owner(), "nobody"]) localStorage.removeItem(`${PREFIX} ${person} ${name}`);
}
