import { Trans } from "@lingui/react/macro";
import { Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Awaited } from "../../shared/ui/Awaited";
import { EmptyState } from "../../shared/ui/EmptyState";
import classes from "../parts/parts.module.css";
import type { Team } from "../types";
import { AddHabit } from "./AddHabit";
import { GroupHabitCard } from "./GroupHabitCard";
import { groupHabitsQuery } from "./queries";
import { leads } from "./rules";

export function GroupHabits({ group }: { group: Team }) {
  const query = useQuery(groupHabitsQuery(group.id));
  const canAdd = leads(group.role);
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        <Trans>
          Members see your progress only in habits that you follow here: streak, days of this week, strength.
          Never notes, other habits or your address.
        </Trans>
      </Text>
      <Awaited query={query}>
        {(habits) =>
          habits.length ? (
            <ul className={classes.list}>
              {habits.map((each) => (
                <GroupHabitCard key={each.habit.id} group={group} entry={each} />
              ))}
            </ul>
          ) : (
            <EmptyState
              title={<Trans>The group has no habits yet.</Trans>}
              text={
                canAdd ? (
                  <Trans>Add the first one below.</Trans>
                ) : (
                  <Trans>Its owner and admins add habits; you then choose which to follow.</Trans>
                )
              }
            />
          )
        }
      </Awaited>
      {canAdd ? <AddHabit group={group} known={query.data ?? []} /> : null}
    </Stack>
  );
}
