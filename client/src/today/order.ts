// The person's own order of habits.
import { answered, api } from "../shared/api/client";
import type { DayEntry } from "../shared/api/types";
import { queryClient } from "../shared/query/client";
import { defineQueued, enqueue } from "../shared/query/queue";
import { tellTabs } from "../shared/query/tabs";

export const SET_ORDER = "set order";

interface SetOrder {
  tracks: number[];
}

/** Register how an order is sent. */
export function defineSetOrder(): void {
  defineQueued<SetOrder, unknown>({
    name: SET_ORDER,
    send: (body) => answered(api.PUT("/tracks/order/", { body })),
    onSuccess: () => tellTabs(["days"]),
    onRefused: () => void queryClient.invalidateQueries({ queryKey: ["days"] }),
  });
}

/** Put these habits into this order: at once on every day that is known here, and then on the server. */
export function setOrder(tracks: number[]): void {
  for (const [key, entries] of queryClient.getQueriesData<DayEntry[]>({ queryKey: ["days"] })) {
    if (entries) queryClient.setQueryData<DayEntry[]>(key, inOrder(entries, tracks));
  }
  enqueue<SetOrder>(SET_ORDER, { tracks });
}

/** Return the entries with the named tracks in the given order, in the places that those have together. */
export function inOrder(entries: DayEntry[], tracks: number[]): DayEntry[] {
  const named = entries
    .filter(({ track }) => tracks.includes(track.id))
    .sort((a, b) => tracks.indexOf(a.track.id) - tracks.indexOf(b.track.id));
  return entries.map((entry) => (tracks.includes(entry.track.id) ? (named.shift() ?? entry) : entry));
}
