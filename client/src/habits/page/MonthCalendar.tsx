import { useLingui } from "@lingui/react/macro";
import { ActionIcon, Group, Text, UnstyledButton } from "@mantine/core";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { useState } from "react";
import type { Track } from "../../shared/api/types";
import { addMonths, type Day, monthOf, weekOf } from "../../shared/dates/days";
import { dayOfMonth, longDay, monthName, weekdayNames } from "../../shared/dates/format";
import { useToday } from "../../shared/dates/useToday";
import { useMe } from "../../shared/person/me";
import { colourOf } from "../../shared/ui/colours";
import { heldNote } from "../../today/heldNotes";
import classes from "../habits.module.css";
import { DayEditor } from "./DayEditor";
import { useHabitDays } from "./useHabitDays";
import { useStatusText } from "./useStatusText";

/** A month of the habit; a tap on a day marks it or changes what it says. */
export function MonthCalendar({ track }: { track: Track }) {
  const { t } = useLingui();
  const me = useMe();
  const today = useToday();
  const [month, setMonth] = useState(today);
  const [opened, setOpened] = useState<Day | null>(null);
  const days = monthOf(month);
  const weeks = weeksOf(days, me.week_starts_on);
  const states = useHabitDays(track, days[0] ?? month, days.at(-1) ?? month);
  const statusText = useStatusText(track);
  return (
    <section aria-label={t`Calendar`}>
      <Group justify="space-between" mb={4}>
        <ActionIcon
          color="gray"
          aria-label={t`Previous month`}
          onClick={() => setMonth(addMonths(month, -1))}
        >
          <IconChevronLeft size={20} aria-hidden />
        </ActionIcon>
        <Text fw={600} aria-live="polite">
          {monthName(month)}
        </Text>
        <ActionIcon
          color="gray"
          aria-label={t`Next month`}
          disabled={(days.at(-1) ?? "") >= today}
          onClick={() => setMonth(addMonths(month, 1))}
        >
          <IconChevronRight size={20} aria-hidden />
        </ActionIcon>
      </Group>
      <table className={classes.calendar} style={{ "--habit": colourOf(track.colour) }}>
        <thead>
          <tr>
            {weekdayNames(me.week_starts_on).map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weeks.map((week) => (
            <tr key={week[0]}>
              {week.map((day) => {
                if (day.slice(0, 7) !== month.slice(0, 7)) return <td key={day} />;
                const state = states?.get(day);
                const hasNote = Boolean(state?.note || heldNote(track.id, day));
                const text = `${longDay(day)}: ${statusText(state)}`;
                return (
                  <td key={day}>
                    <UnstyledButton
                      className={`${classes.day} ${hasNote ? classes.noted : ""}`}
                      disabled={day > today}
                      data-status={state?.status}
                      data-today={day === today || undefined}
                      onClick={() => setOpened(day)}
                    >
                      <span aria-hidden="true">{dayOfMonth(day)}</span>
                      <span className="visually-hidden">{hasNote ? t`${text}, has a note` : text}</span>
                    </UnstyledButton>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      {opened ? (
        <DayEditor track={track} day={opened} state={states?.get(opened)} onClose={() => setOpened(null)} />
      ) : null}
    </section>
  );
}

function weeksOf(days: Day[], starts: "mon" | "sun" | "sat"): Day[][] {
  const firsts = new Set(days.map((day) => weekOf(day, starts)[0] ?? day));
  return [...firsts].map((first) => weekOf(first, starts));
}
