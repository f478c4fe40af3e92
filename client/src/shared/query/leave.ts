// What stays on the device when a person leaves it for good (signing out, deleting the account): nothing of theirs
// but what they have typed into forms: signing out does not take that away, deleting the account does (forgetDrafts).
// Its memory is empty by then: client.ts clears it before any screen learns of the end.
import { delMany, keys } from "idb-keyval";
import { keepProof } from "../api/proof";
import { leaveDrafts } from "../forms/drafts";

const KEPT = ["habits.place", "habits.telegram"];
const KEPT_BY_TAB = ["habits.mailed", "habits.launch"];

/** Forget what the device has of a person whose session has just ended here: answers, the queue, messages to it. */
export async function leaveDevice(person: string): Promise<void> {
  keepProof(null);
  leaveDrafts();
  for (const name of KEPT) localStorage.removeItem(name);
  for (const name of KEPT_BY_TAB) sessionStorage.removeItem(name);
  await Promise.all([forgetStored(person), endMessages()]).catch(() => {});
}

async function forgetStored(person: string): Promise<void> {
  const theirs = (await keys()).filter(
    (key) => key === `answers ${person}` || String(key).startsWith(`queue ${person} `),
  );
  await delMany(theirs);
}

/** Messages of the person are no longer shown on this device; the server learns so from its next one. */
async function endMessages(): Promise<void> {
  const worker = await navigator.serviceWorker?.getRegistration();
  const subscription = await worker?.pushManager?.getSubscription();
  await subscription?.unsubscribe();
}
