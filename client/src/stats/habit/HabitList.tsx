import { useLingui } from "@lingui/react/macro";
import { Button, Card, Group, Text } from "@mantine/core";
import { unitsText } from "../../shared/habits/words";
import { countText } from "../../shared/numbers/format";
import type { HabitSummary } from "../queries";
import classes from "../stats.module.css";
import { rateText } from "../words";

/** Each habit in a line, with a button that shows its own statistics. */
export function HabitList({
  habits,
  onChoose,
}: {
  habits: HabitSummary[];
  onChoose: (track: number) => void;
}) {
  const { t } = useLingui();
  return (
    <ul className={classes.list}>
      {habits.map(
        ({ track, habit, completed, success_rate, strength, current_streak, streak_unit, at_risk }) => {
          const [done, success, strong] = [countText(completed), rateText(success_rate), rateText(strength)];
          const streak = unitsText(current_streak, streak_unit);
          return (
            <Card key={track} component="li" withBorder p="sm" bg="var(--card)">
              <Group justify="space-between" wrap="nowrap" gap="xs">
                <div>
                  <Text fw={600}>{habit.name}</Text>
                  <div className={classes.facts}>
                    <span>{t`Completed: ${done}`}</span>
                    <span>{t`Success: ${success}`}</span>
                    <span>{t`Streak: ${streak}`}</span>
                    <span>{t`Strength: ${strong}`}</span>
                    {at_risk ? <span>{t`At risk today`}</span> : null}
                  </div>
                </div>
                <Button
                  variant="default"
                  flex="none"
                  className={classes.notPrinted}
                  aria-label={t`Show: ${habit.name}`}
                  onClick={() => onChoose(track)}
                >
                  {t`Show`}
                </Button>
              </Group>
            </Card>
          );
        },
      )}
    </ul>
  );
}
