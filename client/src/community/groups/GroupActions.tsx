import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Group } from "@mantine/core";
import { Link } from "react-router";
import { answered, api } from "../../shared/api/client";
import { useAction } from "../../shared/query/useAction";
import { ask } from "../../shared/ui/questions";
import { useLeaveGone } from "../parts/useLeaveGone";
import type { Team } from "../types";
import { JoinOrLeaveGroup } from "./JoinOrLeaveGroup";
import { leads } from "./rules";

export function GroupActions({ group }: { group: Team }) {
  const { t } = useLingui();
  const { id, name, role } = group;
  const leaveScreen = useLeaveGone(["groups", id], "/together/groups");
  const deleting = useAction({
    send: () => answered(api.DELETE("/groups/{id}/", { params: { path: { id } } })),
    changes: () => [["groups", "list"], ["tracks"], ["days"]],
    done: () => t`Deleted: ${name}`,
    after: leaveScreen,
  });
  async function remove() {
    const isAgreed = await ask({
      title: t`Delete “${name}”?`,
      text: t`It is deleted for all members, with its news. Everyone keeps their habits and days.`,
      yes: t`Delete group`,
      isDangerous: true,
    });
    if (isAgreed) deleting.run();
  }
  return (
    <Group gap="xs">
      {role ? (
        <Button component={Link} to={`/together/leaderboards?group=${id}`} variant="default">
          <Trans>Rankings</Trans>
        </Button>
      ) : null}
      {leads(role) ? (
        <Button component={Link} to={`/together/groups/${id}/edit`} variant="default">
          <Trans>Change</Trans>
        </Button>
      ) : null}
      <JoinOrLeaveGroup group={group} onLeft={leaveScreen} />
      {role === "owner" ? (
        <Button variant="outline" color="red" onClick={remove}>
          <Trans>Delete group</Trans>
        </Button>
      ) : null}
    </Group>
  );
}
