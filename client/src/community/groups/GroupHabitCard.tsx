import { useLingui } from "@lingui/react/macro";
import { Button, Stack } from "@mantine/core";
import { answered, api } from "../../shared/api/client";
import { useMe } from "../../shared/person/me";
import { useAction } from "../../shared/query/useAction";
import { ask } from "../../shared/ui/questions";
import { Facts } from "../parts/Facts";
import { focusTitle } from "../parts/focus";
import { ListCard } from "../parts/ListCard";
import type { GroupHabit, Team } from "../types";
import { scheduleText } from "../words/schedule";
import { canRemoveHabit } from "./rules";

export function GroupHabitCard({ group, entry }: { group: Team; entry: GroupHabit }) {
  const { t } = useLingui();
  const me = useMe();
  const { habit, track } = entry;
  const { name } = habit;
  const params = { path: { group_id: group.id, habit_id: habit.id } };
  const changes = () => [["groups", group.id], ["leaderboards"], ["tracks"], ["days"]];
  const following = useAction({
    send: () => answered(api.POST("/groups/{group_id}/habits/{habit_id}/follow/", { params })),
    changes,
    done: () => t`You follow ${name} here.`,
  });
  const stopping = useAction({
    send: () => answered(api.DELETE("/groups/{group_id}/habits/{habit_id}/follow/", { params })),
    changes,
    done: () => t`The group no longer sees your progress in ${name}.`,
  });
  const removing = useAction({
    send: () => answered(api.DELETE("/groups/{group_id}/habits/{habit_id}/", { params })),
    changes,
    done: () => t`Removed: ${name}`,
    after: focusTitle,
  });

  async function stop() {
    const isAgreed = await ask({
      title: t`Stop following “${name}” here?`,
      text: t`The group no longer sees your progress in it. You keep the habit, unless you have it only through this group.`,
      yes: t`Stop following`,
    });
    if (isAgreed) stopping.run();
  }
  async function remove() {
    const isAgreed = await ask({
      title: t`Remove “${name}” from the group?`,
      text: t`Anyone who does it keeps it as a habit of their own.`,
      yes: t`Remove`,
      isDangerous: true,
    });
    if (isAgreed) removing.run();
  }

  return (
    <ListCard
      title={name}
      to={track ? `/habits/${track}` : undefined}
      text={habit.sentence}
      side={
        <Stack gap={4}>
          <Button
            variant={track ? "default" : "filled"}
            aria-label={track ? t`Stop following: ${name}` : t`Follow: ${name}`}
            onClick={track ? stop : () => following.run()}
          >
            {track ? t`Stop` : t`Follow`}
          </Button>
          {canRemoveHabit(group.role, habit.owner, me.username) ? (
            <Button variant="subtle" color="gray" aria-label={t`Remove: ${name}`} onClick={remove}>
              {t`Remove`}
            </Button>
          ) : null}
        </Stack>
      }
    >
      <Facts
        strong={track ? t`You follow it here` : null}
        facts={[
          scheduleText(habit),
          habit.owner && habit.owner !== me.username ? t`by ${habit.owner}` : null,
        ]}
      />
    </ListCard>
  );
}
