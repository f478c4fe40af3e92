import { Trans, useLingui } from "@lingui/react/macro";
import { Stack, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { shortDay } from "../../shared/dates/format";
import { useToday } from "../../shared/dates/useToday";
import { scheduleText } from "../../shared/habits/words";
import type { HabitForm } from "./HabitFields";
import { versionsQuery } from "./queries";
import { type Habit, hasOtherSchedule } from "./values";

/** From when a changed schedule holds, and what it means; and the schedules that are planned already. */
export function ScheduleStart({ form, habit }: { form: HabitForm; habit: Habit }) {
  const { t } = useLingui();
  const today = useToday();
  const planned = useQuery(versionsQuery(habit.id)).data?.filter(
    ({ starts_on: start }) => start !== null && start > today,
  );
  const isChanged = hasOtherSchedule(form.values, habit);
  if (habit.is_pleasant || (!isChanged && !planned?.length)) return null;
  const from = form.values.schedule_from;
  const day = from ? shortDay(from) : t`today`;
  return (
    <Stack gap="xs" p="sm" bg="var(--soft)" style={{ borderRadius: 8 }} role="group" aria-label={t`Schedule`}>
      {planned?.map((version) => (
        <Text key={version.starts_on} size="sm">
          <Trans>
            Planned from {shortDay(version.starts_on ?? today)}: {scheduleText(version)}
          </Trans>
        </Text>
      ))}
      {isChanged ? (
        <>
          <TextInput
            type="date"
            min={today}
            label={t`The changed schedule holds from`}
            description={t`If empty: today.`}
            {...form.getInputProps("schedule_from")}
          />
          <Text size="sm">
            <Trans>
              Until then, and for all days before, the schedule stays as it was: what you have done keeps its
              value. From {day} on, the new one counts.
            </Trans>
          </Text>
          {planned?.length ? (
            <Text size="sm">
              <Trans>What you change here also changes in the schedules planned after that day.</Trans>
            </Text>
          ) : null}
        </>
      ) : null}
    </Stack>
  );
}
