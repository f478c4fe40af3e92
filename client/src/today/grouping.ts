// How the list is divided. Inside a group the person's own order stays, whatever is done.
import type { DayEntry } from "../shared/api/types";

export const GROUPINGS = ["none", "time", "tag"] as const;
export type Grouping = (typeof GROUPINGS)[number];
export type PartOfDay = "morning" | "afternoon" | "evening" | "anytime";

export interface EntryGroup {
  /** A part of the day, or a tag; empty: what has none, or all. */
  name: string;
  entries: DayEntry[];
}

const PARTS: PartOfDay[] = ["morning", "afternoon", "evening", "anytime"];

export function partOfDay(time: string | null): PartOfDay {
  if (!time) return "anytime";
  const hour = Number(time.slice(0, 2));
  return hour < 12 ? "morning" : hour < 18 ? "afternoon" : "evening";
}

/** Return the groups in their order, without empty ones. A habit is in one group: that of its first tag. */
export function grouped(entries: DayEntry[], by: Grouping): EntryGroup[] {
  if (by === "none") return entries.length ? [{ name: "", entries }] : [];
  const nameOf = (entry: DayEntry) =>
    by === "time" ? partOfDay(entry.track.habit.time) : ([...entry.track.tags].sort()[0] ?? "");
  const found = new Map<string, DayEntry[]>();
  for (const entry of entries) found.set(nameOf(entry), [...(found.get(nameOf(entry)) ?? []), entry]);
  const names =
    by === "time" ? PARTS : [...found.keys()].sort((a, b) => Number(!a) - Number(!b) || a.localeCompare(b));
  return names.flatMap((name) => {
    const some = found.get(name);
    return some ? [{ name, entries: some }] : [];
  });
}
