// What stood on a day before its last change here, to undo it. Only of this visit.
import type { Schema } from "../shared/api/types";
import type { Day } from "../shared/dates/days";

export type Before = Schema<"Content"> | null;

const known = new Map<string, Before>();
const keyOf = (track: number, day: Day) => `${track} ${day}`;

export function rememberBefore(track: number, day: Day, before: Before): void {
  known.set(keyOf(track, day), before);
}

/** Return what stood before the last change, undefined if that is not known. */
export function beforeLastChange(track: number, day: Day): Before | undefined {
  return known.get(keyOf(track, day));
}

export function forgetBefore(track: number, day: Day): void {
  known.delete(keyOf(track, day));
}
