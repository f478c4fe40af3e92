import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { Anchor, Stack, Text } from "@mantine/core";
import { Link } from "react-router";
import { unitsText } from "../shared/habits/words";
import { Charts } from "./charts/Charts";
import { Figure } from "./Figure";
import type { HabitSummary, Summary } from "./queries";
import { StatsFigures } from "./StatsFigures";

/** The statistics over all habits. */
export function Overall({
  overall,
  habits,
  of,
}: {
  overall: Summary["overall"];
  habits: HabitSummary[];
  of: string;
}) {
  const { t } = useLingui();
  const names = new Map(habits.map(({ habit }) => [habit.id, habit.name]));
  const { current_streak: current, longest_streak: longest, at_risk } = overall;
  return (
    <Stack>
      {at_risk.length ? (
        <Text>
          {plural(at_risk.length, {
            one: "# streak is at risk today.",
            other: "# streaks are at risk today.",
          })}{" "}
          <Anchor component={Link} to="/" display="inline-block" py={10} underline="always">
            <Trans>See today</Trans>
          </Anchor>
        </Text>
      ) : null}
      <StatsFigures stats={overall} strength={overall.strength}>
        <Figure
          name={t`Current streak`}
          value={current ? unitsText(current.length, current.unit) : "–"}
          note={current ? names.get(current.habit) : undefined}
        />
        <Figure
          name={t`Longest streak`}
          value={longest ? unitsText(longest.length, longest.unit) : "–"}
          note={longest ? names.get(longest.habit) : undefined}
        />
      </StatsFigures>
      <Charts stats={overall} of={of} />
    </Stack>
  );
}
