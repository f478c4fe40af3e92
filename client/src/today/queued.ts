// How changes of days are sent: in order, also after a reload, and when the network is back.
import { answered, api, idempotent } from "../shared/api/client";
import type { DayEntry, Schema } from "../shared/api/types";
import { queryClient } from "../shared/query/client";
import { defineQueued } from "../shared/query/queue";
import { tellTabs } from "../shared/query/tabs";
import { ADD_AMOUNT, type AddAmount, SET_DAY, type SetDay, withChange } from "./changes";
import { defineSetOrder } from "./order";
import { rememberBefore } from "./undo";

defineSetOrder();

type Answer = { logged: Schema<"Logged"> | null; before: Schema<"Content"> | null; streak: Schema<"Streak"> };

defineQueued<SetDay, Answer>({
  name: SET_DAY,
  send: async ({ track, day, said }) => {
    const params = { path: { track_id: track, day } };
    if (said === null) {
      const { before, streak } = await answered(api.DELETE("/tracks/{track_id}/logs/{day}/", { params }));
      return { logged: null, before, streak };
    }
    const logged = await answered(api.PUT("/tracks/{track_id}/logs/{day}/", { params, body: said }));
    return { logged, before: logged.before, streak: logged.streak };
  },
  onSuccess: (answer, change) =>
    take(answer, change, (entry) => withChange(entry, { kind: SET_DAY, ...change })),
  onRefused: (change) => refetch(change),
});

defineQueued<AddAmount, Answer>({
  name: ADD_AMOUNT,
  send: async ({ track, day, amount, key }) => {
    const logged = await answered(
      api.POST("/tracks/{track_id}/logs/{day}/add/", {
        params: { path: { track_id: track, day } },
        body: { amount },
        headers: idempotent(key),
      }),
    );
    return { logged, before: logged.before, streak: logged.streak };
  },
  onSuccess: (answer, change) =>
    take(answer, change, (entry) => withChange(entry, { kind: ADD_AMOUNT, ...change })),
  onRefused: (change) => refetch(change),
});

/** Take over what the server says about the day, and the streak for all days that are shown. */
function take(
  answer: Answer,
  { track, day }: SetDay | AddAmount,
  change: (entry: DayEntry) => DayEntry,
): void {
  rememberBefore(track, day, answer.before);
  for (const [key, entries] of queryClient.getQueriesData<DayEntry[]>({ queryKey: ["days"] })) {
    if (!entries?.some((entry) => entry.track.id === track)) continue;
    queryClient.setQueryData<DayEntry[]>(key, (shown) =>
      shown?.map((entry) => {
        if (entry.track.id !== track) return entry;
        const changed = key[1] === day ? withAnswer(change(entry), answer) : entry;
        const { current, longest, unit, lapses_at } = answer.streak;
        const streak = { current_streak: current, longest_streak: longest, streak_unit: unit, lapses_at };
        return { ...changed, track: { ...changed.track, ...streak } };
      }),
    );
  }
  refetch({ track, day });
}

function withAnswer(entry: DayEntry, { logged }: Answer): DayEntry {
  return logged ? { ...entry, status: logged.status, amount: logged.amount, note: logged.note } : entry;
}

/** Whatever else depends on the day is asked again when it is shown; other tabs ask at once. */
function refetch({ track, day }: { track: number; day: string }): void {
  void queryClient.invalidateQueries({ queryKey: ["days"], refetchType: "none" });
  void queryClient.invalidateQueries({ queryKey: ["track", track] });
  tellTabs(["days", day]);
  tellTabs(["track", track]);
}
