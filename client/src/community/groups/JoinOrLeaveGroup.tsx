import { useLingui } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { answered, api } from "../../shared/api/client";
import { useAction } from "../../shared/query/useAction";
import { ask } from "../../shared/ui/questions";
import type { Team } from "../types";

/** The way into a group or out of it. It stays the same button, so that it keeps the focus. */
export function JoinOrLeaveGroup({ group, onLeft }: { group: Team; onLeft?: () => void }) {
  const { t } = useLingui();
  const { id, name, role, is_open: isOpen } = group;
  const params = { path: { group_id: id } };
  const changes = () => [["groups"], ["leaderboards"], ["tracks"], ["days"]];
  const joining = useAction({
    send: () => answered(api.POST("/groups/{group_id}/join/", { params })),
    changes,
    done: () => t`You joined ${name}.`,
  });
  const leaving = useAction({
    send: () => answered(api.POST("/groups/{group_id}/leave/", { params })),
    changes: () => [["groups", "list"], ["leaderboards"], ["tracks"], ["days"]], // this one cannot be read any more
    done: () => t`You left ${name}.`,
    after: onLeft,
  });
  if (role === "owner" || (role === null && !isOpen)) return null;

  async function leave() {
    const isAgreed = await ask({
      title: t`Leave “${name}”?`,
      text: t`You no longer see this group, nor it you. Habits that you have only through this group are left too; your days are kept.`,
      yes: t`Leave group`,
      isDangerous: true,
    });
    if (isAgreed) leaving.run();
  }

  return (
    <Button
      variant={role ? "default" : "filled"}
      aria-busy={joining.isPending || leaving.isPending}
      aria-label={role ? t`Leave group: ${name}` : t`Join: ${name}`}
      onClick={role ? leave : () => joining.run()}
    >
      {role ? t`Leave group` : t`Join`}
    </Button>
  );
}
