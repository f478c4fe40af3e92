import { useMutationState, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { DayEntry } from "../shared/api/types";
import type { Day } from "../shared/dates/days";
import { isWaiting } from "../shared/query/queue";
import { ADD_AMOUNT, type DayChange, SET_DAY, withChange } from "./changes";
import { dayQuery } from "./day";

/** Return the query of a day's list, with the changes that are on their way. */
export function useDay(day: Day) {
  const query = useQuery(dayQuery(day));
  const changes = useWaitingChanges(day);
  const entries = useMemo(
    () =>
      query.data?.map((entry) =>
        changes.filter(({ track }) => track === entry.track.id).reduce(withChange, entry),
      ),
    [query.data, changes],
  );
  return { ...query, entries: entries as DayEntry[] | undefined };
}

/** Return the changes of a day that the server does not have yet, in their order. */
function useWaitingChanges(day: Day): DayChange[] {
  return useWaitingDayChanges((change) => change.day === day);
}

/** Return the changes of days that the server does not have yet and that are asked for, in their order. */
export function useWaitingDayChanges(isAsked: (change: DayChange) => boolean): DayChange[] {
  const changes = useMutationState({
    filters: { predicate: (mutation) => isWaiting(mutation) },
    select: (mutation) => ({
      kind: mutation.options.mutationKey?.[0],
      ...(mutation.state.variables as object),
    }),
  }) as DayChange[];
  const asked = changes.filter(({ kind }) => kind === SET_DAY || kind === ADD_AMOUNT).filter(isAsked);
  const name = JSON.stringify(asked);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the same changes are the same list
  return useMemo(() => asked, [name]);
}
