import { useLingui } from "@lingui/react/macro";
import { ActionIcon, Group, Text, Title } from "@mantine/core";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { addDays, type Day } from "../shared/dates/days";
import { longDay, relativeDay } from "../shared/dates/format";

interface Props {
  day: Day;
  today: Day;
  onDay: (day: Day) => void;
  children: ReactNode;
}

/** The day's name between buttons to the weeks beside it. */
export function DayHeader({ day, today, onDay, children }: Props) {
  const { t } = useLingui();
  const name = longDay(day);
  const near = relativeDay(day, today);
  return (
    <Group justify="space-between" wrap="nowrap" gap={4} mih={44}>
      <Title order={1} size="h3" tabIndex={-1} lh={1.15}>
        {day === today ? t`Today` : name}
        <Text size="xs" c="dimmed" fw={400}>
          {day === today ? name : near}
        </Text>
      </Title>
      <Group gap={0} wrap="nowrap">
        <ActionIcon color="gray" aria-label={t`Previous week`} onClick={() => onDay(addDays(day, -7))}>
          <IconChevronLeft size={20} aria-hidden />
        </ActionIcon>
        <ActionIcon
          color="gray"
          aria-label={t`Next week`}
          disabled={day >= today}
          onClick={() => onDay(addDays(day, 7))}
        >
          <IconChevronRight size={20} aria-hidden />
        </ActionIcon>
        {children}
      </Group>
    </Group>
  );
}
