import { Trans, useLingui } from "@lingui/react/macro";
import { Anchor, Stack, Text } from "@mantine/core";
import { Link } from "react-router";
import { unitsText } from "../../shared/habits/words";
import { Charts } from "../charts/Charts";
import { Figure } from "../Figure";
import type { HabitSummary } from "../queries";
import type { Range } from "../range/ranges";
import { StatsFigures } from "../StatsFigures";
import classes from "../stats.module.css";
import { HabitDays } from "./HabitDays";

/** The statistics of one habit. */
export function OneHabit({ entry, range }: { entry: HabitSummary; range: Range }) {
  const { t } = useLingui();
  const { track, habit, strength, current_streak, longest_streak, streak_unit, to_longest } = entry;
  const missing = unitsText(to_longest, streak_unit);
  return (
    <Stack>
      <div>
        <Text size="sm">{habit.sentence}</Text>
        <Anchor
          component={Link}
          to={`/habits/${track}`}
          display="inline-block"
          py={10}
          className={classes.notPrinted}
        >
          <Trans>Open the habit</Trans>
        </Anchor>
      </div>
      <StatsFigures stats={entry} strength={strength}>
        <Figure name={t`Current streak`} value={unitsText(current_streak, streak_unit)} />
        <Figure
          name={t`Longest streak`}
          value={unitsText(longest_streak, streak_unit)}
          note={to_longest ? t`to go: ${missing}` : undefined}
        />
      </StatsFigures>
      <HabitDays track={track} name={habit.name} range={range} />
      <Charts stats={entry} of={habit.name} />
    </Stack>
  );
}
