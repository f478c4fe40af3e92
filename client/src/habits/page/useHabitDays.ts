import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Track } from "../../shared/api/types";
import type { Day } from "../../shared/dates/days";
import { useWaitingDayChanges } from "../../today/useDay";
import { logsQuery } from "../queries";
import { daysOf } from "./days";

/** Return the days of a habit in a range, with the changes that are on their way; undefined while they load. */
export function useHabitDays(track: Track, from: Day, to: Day) {
  const { data: logs } = useQuery(logsQuery(track.id, from, to));
  const changes = useWaitingDayChanges(({ track: id, day }) => id === track.id && from <= day && day <= to);
  return useMemo(() => logs && daysOf(track, logs, changes), [track, logs, changes]);
}
