import { Trans } from "@lingui/react/macro";
import { Text } from "@mantine/core";
import type { Track } from "../../shared/api/types";
import { addDays } from "../../shared/dates/days";
import { longDay } from "../../shared/dates/format";
import { useToday } from "../../shared/dates/useToday";
import { Loading } from "../../shared/ui/Loading";
import classes from "../habits.module.css";
import { useHabitDays } from "./useHabitDays";

/** The notes of the last year, newest first. */
export function Notes({ track }: { track: Track }) {
  const today = useToday();
  const states = useHabitDays(track, addDays(today, -365), today);
  if (!states) return <Loading />;
  const noted = [...states].filter(([, { note }]) => note).sort(([a], [b]) => b.localeCompare(a));
  if (!noted.length) {
    return (
      <Text c="dimmed">
        <Trans>No notes in the last year. Write one from a habit's menu on the day.</Trans>
      </Text>
    );
  }
  return (
    <ul className={classes.plain}>
      {noted.map(([day, { note }]) => (
        <li key={day}>
          <Text size="sm" c="dimmed">
            {longDay(day)}
          </Text>
          <Text>{note}</Text>
        </li>
      ))}
    </ul>
  );
}
