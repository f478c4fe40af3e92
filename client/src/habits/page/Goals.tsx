import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { ActionIcon, Group, Progress, Stack, Text } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { answered, api } from "../../shared/api/client";
import type { Schema, Track } from "../../shared/api/types";
import { shortDay } from "../../shared/dates/format";
import { amountText } from "../../shared/numbers/format";
import { Loading } from "../../shared/ui/Loading";
import classes from "../habits.module.css";
import { goalsQuery } from "../queries";
import { NewGoal } from "./NewGoal";
import { useChange } from "./useChange";

type Goal = Schema<"Goal">;

/** The goals of a habit: a number of days on which an amount is done, perhaps by a deadline. */
export function Goals({ track }: { track: Track }) {
  const { t } = useLingui();
  const query = goalsQuery(track);
  const { data } = useQuery(query);
  const { change } = useChange(query.queryKey);
  if (!data) return <Loading />;
  const remove = (id: number) =>
    change(() => answered(api.DELETE("/goals/{id}/", { params: { path: { id } } })));
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        <Trans>A goal counts the days on which you do it, from the day it is set.</Trans>
      </Text>
      <ul className={classes.plain}>
        {data.map((goal) => {
          const name = goalText(goal, track);
          return (
            <li key={goal.id}>
              <Group justify="space-between" wrap="nowrap">
                <Stack gap={4} flex={1}>
                  <Text>{name}</Text>
                  <Progress value={(100 * goal.progress) / goal.days} aria-label={name} />
                  <Text size="sm" c="dimmed">
                    <Outlook goal={goal} />
                  </Text>
                </Stack>
                <ActionIcon
                  color="gray"
                  aria-label={t`Delete the goal: ${name}`}
                  onClick={() => void remove(goal.id)}
                >
                  <IconTrash size={18} aria-hidden />
                </ActionIcon>
              </Group>
            </li>
          );
        })}
      </ul>
      <NewGoal track={track} />
    </Stack>
  );
}

function goalText(goal: Goal, track: Track): string {
  const days = plural(goal.days, { one: "# day", other: "# days" });
  const isMeasured = track.habit.unit !== "" || Number(goal.amount) !== 1;
  return isMeasured ? `${amountText(goal.amount)} ${track.habit.unit} · ${days}` : days;
}

function Outlook({ goal }: { goal: Goal }) {
  const done = plural(goal.progress, { one: "# day done", other: "# days done" });
  if (goal.reached_on) return <Trans>Reached on {shortDay(goal.reached_on)}</Trans>;
  if (!goal.deadline) return done;
  const by = shortDay(goal.deadline);
  if (goal.on_track === false)
    return (
      <Trans>
        {done}, by {by}: no longer within reach
      </Trans>
    );
  return (
    <Trans>
      {done}, by {by}
    </Trans>
  );
}
