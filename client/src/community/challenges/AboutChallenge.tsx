import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { Link } from "react-router";
import { answered, api } from "../../shared/api/client";
import { unitsText } from "../../shared/habits/words";
import { percentText } from "../../shared/numbers/format";
import { useAction } from "../../shared/query/useAction";
import { ask } from "../../shared/ui/questions";
import { Facts } from "../parts/Facts";
import { Figures } from "../parts/Figures";
import { Invitation } from "../parts/Invitation";
import { useLeaveGone } from "../parts/useLeaveGone";
import type { OneChallenge } from "../types";
import { membersText } from "../words/members";
import { scheduleText } from "../words/schedule";
import { JoinOrLeave } from "./JoinOrLeave";
import { MemberDays } from "./MemberDays";
import { canEdit, canEnd } from "./rules";
import { Standings } from "./Standings";
import { daysText, stateText } from "./words";

export function AboutChallenge({ challenge }: { challenge: OneChallenge }) {
  const { t } = useLingui();
  const { id, name, description, habit, mine, is_member, code, state, members, creator } = challenge;
  const params = { path: { challenge_id: id } };
  const leaveScreen = useLeaveGone(["challenges", id], "/together/challenges");
  const renewing = useAction({
    send: () => answered(api.POST("/challenges/{challenge_id}/code/", { params })),
    changes: () => [["challenges", id]],
    done: () => t`The new link works now.`,
  });
  const ending = useAction({
    send: () => answered(api.POST("/challenges/{challenge_id}/cancel/", { params })),
    changes: () => [["challenges"]],
    done: () => t`Ended: ${name}`,
  });
  async function end() {
    const isAgreed = await ask({
      title: t`End “${name}” now?`,
      text: t`It ends for all members, and they are told so. This cannot be undone.`,
      yes: t`End the challenge`,
      isDangerous: true,
    });
    if (isAgreed) ending.run();
  }
  return (
    <Stack>
      <div>
        {description ? <Text>{description}</Text> : null}
        {habit ? <Text size="sm">{habit.sentence}</Text> : null}
        <Facts
          strong={stateText(state)}
          facts={[
            habit && scheduleText(habit),
            daysText(challenge),
            membersText(members),
            creator && t`by ${creator}`,
          ]}
        />
      </div>
      {mine ? (
        <Figures
          figures={[
            [t`Your rank`, t`${mine.rank} of ${members}`],
            [t`Completed`, unitsText(mine.completed, "day")],
            [t`Strength`, percentText(mine.strength)],
          ]}
        />
      ) : null}
      <Group gap="xs">
        {is_member ? (
          <Button component={Link} to={`/together/leaderboards?challenge=${id}`} variant="default">
            <Trans>Rankings</Trans>
          </Button>
        ) : null}
        {canEdit(challenge) ? (
          <Button component={Link} to={`/together/challenges/${id}/edit`} variant="default">
            <Trans>Change</Trans>
          </Button>
        ) : null}
        <JoinOrLeave challenge={challenge} onLeft={leaveScreen} />
        {canEnd(challenge) ? (
          <Button variant="outline" color="red" onClick={end}>
            <Trans>End the challenge</Trans>
          </Button>
        ) : null}
      </Group>
      {is_member ? (
        <Stack component="section" gap="xs">
          <Title order={2} size="h4">
            <Trans>Standings</Trans>
          </Title>
          <Standings id={id} />
          <MemberDays challenge={challenge} />
        </Stack>
      ) : (
        <Text c="dimmed" size="sm">
          <Trans>
            Members see each other’s days and ranks in this challenge, and nothing else of each other.
          </Trans>
        </Text>
      )}
      {code && canEnd(challenge) ? (
        <Invitation kind="challenges" name={name} code={code} onRenew={() => renewing.run()} />
      ) : null}
    </Stack>
  );
}
