import { useLingui } from "@lingui/react/macro";
import { Stack, Text } from "@mantine/core";
import { useState } from "react";
import type { Track } from "../../shared/api/types";
import { addDays, type Day, weekOf } from "../../shared/dates/days";
import { useToday } from "../../shared/dates/useToday";
import { useMe } from "../../shared/person/me";
import { colourOf } from "../../shared/ui/colours";
import { Loading } from "../../shared/ui/Loading";
import { DayEditor } from "./DayEditor";
import { Heatmap } from "./Heatmap";
import { useHabitDays } from "./useHabitDays";
import { WeekBars } from "./WeekBars";

const WEEKS = 53;

/** The last year: each day as a cell to tap, and the done days of each week. */
export function Year({ track }: { track: Track }) {
  const { t } = useLingui();
  const today = useToday();
  const { week_starts_on: starts } = useMe();
  const first = addDays(weekOf(today, starts)[0] ?? today, -7 * (WEEKS - 1));
  const states = useHabitDays(track, first, today);
  const [opened, setOpened] = useState<Day | null>(null);
  if (!states) return <Loading />;
  const colour = colourOf(track.colour);
  const weeks = Array.from({ length: WEEKS }, (_, index) => addDays(first, 7 * index));
  return (
    <Stack>
      <Heatmap first={first} today={today} states={states} colour={colour} onDay={setOpened} />
      <Text size="sm" fw={600}>
        {t`Done days by week`}
      </Text>
      <WeekBars weeks={weeks} states={states} colour={colour} />
      {opened ? (
        <DayEditor track={track} day={opened} state={states.get(opened)} onClose={() => setOpened(null)} />
      ) : null}
    </Stack>
  );
}
