import { Trans, useLingui } from "@lingui/react/macro";
import { Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { unitsText } from "../../shared/habits/words";
import { countText, percentText } from "../../shared/numbers/format";
import { useMe } from "../../shared/person/me";
import { usePages } from "../../shared/query/pages";
import { EmptyState } from "../../shared/ui/EmptyState";
import { PagedList } from "../parts/PagedList";
import type { Progress, Team } from "../types";
import { groupHabitsQuery, readProgress } from "./queries";

/** Each member's progress in the habits that they follow in the group. */
export function GroupProgress({ group }: { group: Team }) {
  const pages = usePages(["groups", group.id, "progress"], (page) => readProgress(group.id, page));
  const { data: habits = [] } = useQuery(groupHabitsQuery(group.id));
  const names = new Map(habits.map(({ habit }) => [habit.id, habit.name]));
  const nobody = (
    <EmptyState
      title={<Trans>Nobody follows a habit here yet.</Trans>}
      text={<Trans>Follow one under Habits, and the others see how it goes.</Trans>}
    />
  );
  return (
    <PagedList pages={pages} empty={nobody}>
      {(members) => {
        const some = members.filter((member) => member.habits.length > 0);
        return some.length || pages.hasNextPage ? (
          <Stack>
            {some.map((member) => (
              <MemberProgress key={member.username} member={member} names={names} />
            ))}
          </Stack>
        ) : (
          nobody
        );
      }}
    </PagedList>
  );
}

function MemberProgress({ member, names }: { member: Progress; names: Map<number, string> }) {
  const { t } = useLingui();
  const { username } = member;
  const isMe = useMe().username === username;
  return (
    <Table captionSide="top" horizontalSpacing={6}>
      <Table.Caption ta="start" mt={0}>
        <Text span fw={600} c="var(--mantine-color-text)">
          {isMe ? t`${username} (you)` : username}
        </Text>
      </Table.Caption>
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">{t`Habit`}</Table.Th>
          <Table.Th scope="col">{t`Streak`}</Table.Th>
          <Table.Th scope="col">{t`This week`}</Table.Th>
          <Table.Th scope="col">{t`Strength`}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {member.habits.map(({ habit, current_streak, streak_unit, completed_this_week, strength }) => (
          <Table.Tr key={habit}>
            <Table.Th scope="row">{names.get(habit) ?? "–"}</Table.Th>
            <Table.Td>{unitsText(current_streak, streak_unit)}</Table.Td>
            <Table.Td>{countText(completed_this_week)}</Table.Td>
            <Table.Td>{percentText(strength)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
