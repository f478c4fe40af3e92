import { plural } from "@lingui/core/macro";
import { useLingui } from "@lingui/react/macro";
import { Text } from "@mantine/core";
import { useMe } from "../../shared/person/me";
import { Facts } from "../parts/Facts";
import { ListCard } from "../parts/ListCard";
import type { PublicHabit } from "../types";
import { scheduleText } from "../words/schedule";
import { FollowButton } from "./FollowButton";

export function PublicHabitCard({ habit, track }: { habit: PublicHabit; track: number | undefined }) {
  const { t } = useLingui();
  const me = useMe();
  const { name, owner, followers, description } = habit;
  const isOwn = owner === me.username;
  return (
    <ListCard
      title={name}
      to={track ? `/habits/${track}` : undefined}
      text={habit.is_pleasant ? null : habit.sentence}
      side={isOwn || habit.is_pleasant ? null : <FollowButton habit={habit} track={track} />}
    >
      {description ? (
        <Text size="sm" c="dimmed">
          {description}
        </Text>
      ) : null}
      <Facts
        strong={isOwn ? t`Yours` : track ? t`You follow it` : null}
        facts={[
          habit.is_pleasant ? t`Pleasant: a reward` : scheduleText(habit),
          isOwn ? null : t`by ${owner}`,
          followers ? plural(followers, { one: "# follower", other: "# followers" }) : null,
        ]}
      />
    </ListCard>
  );
}
