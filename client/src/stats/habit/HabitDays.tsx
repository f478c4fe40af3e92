import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Card, Group, Text, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useMe } from "../../shared/person/me";
import { Awaited } from "../../shared/ui/Awaited";
import { type HabitProgress, progressQuery } from "../queries";
import type { Range } from "../range/ranges";
import classes from "../stats.module.css";
import { DaysTable } from "./DaysTable";
import { Legend } from "./Legend";
import { MonthGrid } from "./MonthGrid";
import { monthsOf, verdicts } from "./months";

/** The days of a habit in a range, and what became of its periods. */
export function HabitDays({ track, name, range }: { track: number; name: string; range: Range }) {
  const query = useQuery(progressQuery(track, name, range.first, range.last));
  return <Awaited query={query}>{(progress) => (progress ? <Days progress={progress} /> : null)}</Awaited>;
}

function Days({ progress: { days, periods } }: { progress: HabitProgress }) {
  const { t } = useLingui();
  const me = useMe();
  const [isTable, { toggle }] = useDisclosure();
  const { kept, broken, excused, open } = verdicts(periods);
  const sentence = t`Kept: ${kept}, broken: ${broken}, excused: ${excused}, open: ${open}`;
  return (
    <Card withBorder p="sm" bg="var(--card)" component="section" className={classes.chart}>
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <div>
          <Title order={3} size="h5">
            <Trans>Day by day</Trans>
          </Title>
          <Text size="sm" c="dimmed">
            {sentence}
          </Text>
        </div>
        <Button
          variant="subtle"
          px="xs"
          flex="none"
          className={classes.notPrinted}
          aria-expanded={isTable}
          aria-label={t`As a table: day by day`}
          onClick={toggle}
        >
          <Trans>Table</Trans>
        </Button>
      </Group>
      <div role="img" aria-label={sentence} className={classes.months}>
        {monthsOf(days, me.week_starts_on).map((month) => (
          <MonthGrid key={month.first} month={month} />
        ))}
      </div>
      <Legend />
      {isTable ? <DaysTable days={days} /> : null}
    </Card>
  );
}
