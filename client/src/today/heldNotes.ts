// Notes of days that have nothing else yet: the server keeps a note only beside what was done. They are held on this
// device, and go along with the next tick.

import type { Day } from "../shared/dates/days";
import { readDraft, removeDraft, writeDraft } from "../shared/forms/drafts";

const nameOf = (track: number, day: Day) => `held-note ${track} ${day}`;

export function heldNote(track: number, day: Day): string {
  return readDraft<{ note: string }>(nameOf(track, day))?.note ?? "";
}

export function holdNote(track: number, day: Day, note: string): void {
  if (note) writeDraft(nameOf(track, day), { note });
  else removeDraft(nameOf(track, day));
}

/** Return the held note, which is then sent. */
export function takeHeldNote(track: number, day: Day): string {
  const note = heldNote(track, day);
  if (note) holdNote(track, day, "");
  return note;
}
