import { Trans, useLingui } from "@lingui/react/macro";
import { Button, NativeSelect, Stack, Text, Title } from "@mantine/core";
import { Link } from "react-router";
import { shortDay } from "../shared/dates/format";
import { EmptyState } from "../shared/ui/EmptyState";
import { HabitList } from "./habit/HabitList";
import { OneHabit } from "./habit/OneHabit";
import { Overall } from "./Overall";
import type { Summary } from "./queries";
import { type Range, rangeBefore } from "./range/ranges";
import classes from "./stats.module.css";

/** The statistics of a range: over all habits, or of the one that is chosen. */
export function StatisticsOf({
  pages,
  track,
  range,
  onTrack,
}: {
  pages: Summary[];
  track: number | null;
  range: Range;
  onTrack: (track: number | null) => void;
}) {
  const { t } = useLingui();
  const summary = pages[0];
  if (!summary?.count) return <NoHabits />;
  const habits = pages.flatMap((page) => page.habits);
  const chosen = habits.find((each) => each.track === track);
  const earlier = rangeBefore(range);
  const [first, last] = [shortDay(range.first), shortDay(range.last)];
  const [firstBefore, lastBefore] = [shortDay(earlier.first), shortDay(earlier.last)];
  const choices = habits.map((each) => ({ value: String(each.track), label: each.habit.name }));
  return (
    <Stack>
      <div>
        <Title order={2} size="h4">
          {chosen?.habit.name ?? t`All habits`}
        </Title>
        <Text size="sm" c="dimmed">
          <Trans>
            {first} – {last}, compared with {firstBefore} – {lastBefore}
          </Trans>
        </Text>
      </div>
      <NativeSelect
        size="md"
        className={classes.notPrinted}
        label={t`Of which habit`}
        data={[{ value: "", label: t`All habits` }, ...choices]}
        value={chosen ? String(chosen.track) : ""}
        onChange={(event) => onTrack(Number(event.currentTarget.value) || null)}
      />
      {chosen ? (
        <OneHabit entry={chosen} range={range} />
      ) : (
        <>
          <Overall overall={summary.overall} habits={habits} of={t`All habits`} />
          {summary.overall.completed === 0 ? <NothingDone /> : null}
          <Title order={2} size="h4">
            <Trans>Habit by habit</Trans>
          </Title>
          <HabitList habits={habits} onChoose={onTrack} />
        </>
      )}
    </Stack>
  );
}

function NoHabits() {
  return (
    <EmptyState
      title={<Trans>There is nothing to count yet.</Trans>}
      text={<Trans>Make a habit and tick it: weeks, weekdays and hours appear here.</Trans>}
    >
      <Button component={Link} to="/habits/new">
        <Trans>Make a habit</Trans>
      </Button>
    </EmptyState>
  );
}

function NothingDone() {
  return (
    <EmptyState
      title={<Trans>Nothing was completed in these days.</Trans>}
      text={<Trans>Choose a longer range, or tick a habit today.</Trans>}
    >
      <Button component={Link} to="/" variant="default">
        <Trans>Go to today</Trans>
      </Button>
    </EmptyState>
  );
}
