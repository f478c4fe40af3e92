import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Group, NativeSelect, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api } from "../../shared/api/client";
import { useAction } from "../../shared/query/useAction";
import { habitsToDo, myHabitsQuery } from "../parts/myHabits";
import type { GroupHabit, Team } from "../types";

/** Where owner and admins add one of the habits that they have. */
export function AddHabit({ group, known }: { group: Team; known: GroupHabit[] }) {
  const { t } = useLingui();
  const { data: tracks } = useQuery(myHabitsQuery);
  const [chosen, setChosen] = useState("");
  const habits = habitsToDo(tracks ?? []).filter(
    ({ value }) => !known.some(({ habit }) => String(habit.id) === value),
  );
  const habit = habits.find(({ value }) => value === chosen)?.value ?? habits[0]?.value;
  const adding = useAction({
    send: (id: number) =>
      answered(
        api.POST("/groups/{group_id}/habits/", {
          params: { path: { group_id: group.id } },
          body: { habit: id },
        }),
      ),
    changes: () => [["groups", group.id]],
    done: (_id, added) => t`Added to the group: ${added.habit.name}`,
  });
  if (!tracks) return null;
  if (habit === undefined) {
    return (
      <Text size="sm" c="dimmed">
        <Trans>To add a habit here, make it or follow it first.</Trans>
      </Text>
    );
  }
  return (
    <Group align="flex-end" gap="xs">
      <NativeSelect
        size="md"
        label={t`Add a habit`}
        description={t`One of your own, or a published one that you follow.`}
        data={habits}
        value={habit}
        onChange={(event) => setChosen(event.currentTarget.value)}
        flex="1 1 200px"
      />
      <Button variant="default" aria-busy={adding.isPending} onClick={() => adding.run(Number(habit))}>
        <Trans>Add</Trans>
      </Button>
    </Group>
  );
}
