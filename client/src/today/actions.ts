// What a person does with a habit on a day. Each change is queued; what the day will be is shown at once.
import { newKey } from "../shared/api/client";
import type { DayEntry } from "../shared/api/types";
import { queryClient } from "../shared/query/client";
import { enqueue, isWaiting } from "../shared/query/queue";
import { playHaptic } from "../shared/telegram/haptics";
import { ADD_AMOUNT, type AddAmount, SET_DAY, type SetDay } from "./changes";
import { holdNote, takeHeldNote } from "./heldNotes";
import { type Before, beforeLastChange, rememberBefore } from "./undo";

export function dayActions(entry: DayEntry) {
  const { day } = entry;
  const track = entry.track.id;

  function set(said: SetDay["said"]) {
    rememberBefore(track, day, contentOf(entry)); // the server's answer is more exact
    const note = said && !entry.status ? takeHeldNote(track, day) : "";
    enqueue<SetDay>(SET_DAY, { track, day, said: note ? { note, ...said } : said });
  }

  return {
    complete() {
      playHaptic("done");
      set({ status: "completed" });
    },
    skip: () => set({ status: "skipped" }),
    setAmount: (amount: string) => (Number(amount) === 0 && !entry.limit ? clear() : set({ amount })),
    add(amount: string) {
      playHaptic("light");
      rememberBefore(track, day, contentOf(entry));
      const note = entry.status ? "" : takeHeldNote(track, day);
      enqueue<AddAmount>(ADD_AMOUNT, { track, day, amount, key: newKey() });
      if (note) enqueue<SetDay>(SET_DAY, { track, day, said: { note } });
    },
    clear,
    /** Write the note; where nothing is marked yet it is held until something is. */
    note(text: string) {
      if (entry.status) enqueue<SetDay>(SET_DAY, { track, day, said: { note: text } });
      else holdNote(track, day, text);
    },
    /** Take the tick back: what stood before it, else nothing. */
    untick: () => (beforeLastChange(track, day)?.status === "completed" ? clear() : undo()),
    undo,
  };

  function undo() {
    const before = beforeLastChange(track, day);
    if (cancelUnsent(track, day)) return;
    if (before) enqueue<SetDay>(SET_DAY, { track, day, said: bodyOf(before) });
    else clear();
  }

  /** Clear the day. Its note is held, to go with the next tick. */
  function clear() {
    rememberBefore(track, day, contentOf(entry));
    if (entry.note) holdNote(track, day, entry.note);
    enqueue<SetDay>(SET_DAY, { track, day, said: null });
  }
}

export type DayActions = ReturnType<typeof dayActions>;

function contentOf(entry: DayEntry): Before {
  if (!entry.status) return null;
  return { status: entry.status, amount: entry.amount, note: entry.note, completed_at: null };
}

function bodyOf(before: NonNullable<Before>): SetDay["said"] {
  const { status, amount, note, completed_at } = before;
  return { status, amount, note, ...(completed_at ? { completed_at } : {}) };
}

/** Remove the last change of the day from the queue, if no try to send it has begun. Return whether that was so. */
function cancelUnsent(track: number, day: string): boolean {
  const cache = queryClient.getMutationCache();
  const last = cache
    .getAll()
    .filter((mutation) => isWaiting(mutation))
    .findLast((mutation) => {
      const change = mutation.state.variables as SetDay;
      return change.track === track && change.day === day;
    });
  if (!last?.state.isPaused || last.state.failureCount > 0) return false;
  cache.remove(last);
  return true;
}
