import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Stack } from "@mantine/core";
import { useState } from "react";
import { shortDay } from "../../shared/dates/format";
import { Row } from "../../shared/ui/Row";
import type { ImportDetail, PreviewedHabit } from "./queries";
import { previewedSchedule } from "./schedules";

const FIRST = 20; // how many are shown at once

/** What would be made, habit by habit, with what is proposed where the file's own does not fit. */
export function PreviewedHabits({ file: { preview, texts } }: { file: ImportDetail }) {
  const { t } = useLingui();
  const [isAll, setIsAll] = useState(false);
  const { habits } = preview;
  const shown = isAll ? habits : habits.slice(0, FIRST);
  return (
    <Stack gap="xs">
      <Stack gap="xs" component="ul" p={0} m={0} aria-label={t`Habits of the file`}>
        {shown.map((habit, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: names may repeat, and the order stays
          <PreviewedRow key={index} habit={habit} texts={texts} />
        ))}
      </Stack>
      {shown.length < habits.length ? (
        <Button variant="default" onClick={() => setIsAll(true)}>
          <Trans>Show all {habits.length} habits</Trans>
        </Button>
      ) : null}
    </Stack>
  );
}

function PreviewedRow({ habit, texts }: { habit: PreviewedHabit; texts: Record<string, string> }) {
  const { t } = useLingui();
  const marks = [
    ...(habit.is_known ? [{ text: t`Here already`, color: "pine" }] : []),
    ...(habit.archived ? [{ text: t`Archived` }] : []),
  ];
  const days = plural(habit.days, { one: "# day", other: "# days" });
  const { first_day: first, last_day: last } = habit;
  return (
    <Row
      title={habit.name}
      marks={marks}
      lines={[
        previewedSchedule(habit),
        [days, ...spanOf(first, last)].join(", "),
        [...habit.tags.map((tag) => `#${tag}`), ...habit.reminders].join(" · "),
        ...habit.notices.map((code) => texts[code] ?? code),
      ]}
    />
  );
}

function spanOf(first: string | null, last: string | null): string[] {
  if (!first || !last) return [];
  return [first === last ? shortDay(first) : `${shortDay(first)} – ${shortDay(last)}`];
}
