import { useLingui } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { answered, api } from "../../shared/api/client";
import { useAction } from "../../shared/query/useAction";
import { ask } from "../../shared/ui/questions";
import type { Challenge } from "../types";
import { canJoin } from "./rules";

/** The way into a challenge or out of it. It stays the same button, so that it keeps the focus. */
export function JoinOrLeave({ challenge, onLeft }: { challenge: Challenge; onLeft?: () => void }) {
  const { t } = useLingui();
  const { id, name, is_member: isMember } = challenge;
  const params = { path: { challenge_id: id } };
  const changes = () => [["challenges"], ["leaderboards"], ["tracks"], ["days"]];
  const joining = useAction({
    send: () => answered(api.POST("/challenges/{challenge_id}/join/", { params })),
    changes,
    done: () => t`You joined ${name}.`,
  });
  const leaving = useAction({
    send: () => answered(api.POST("/challenges/{challenge_id}/leave/", { params })),
    changes: () => [["challenges", "list"], ["leaderboards"], ["tracks"], ["days"]], // this one may be closed now
    done: () => t`You left ${name}.`,
    after: onLeft,
  });
  if (!isMember && !canJoin(challenge)) return null;

  async function leave() {
    const isAgreed = await ask({
      title: t`Leave “${name}”?`,
      text: t`Your days are kept. You are no longer among those who are ranked.`,
      yes: t`Leave`,
      isDangerous: true,
    });
    if (isAgreed) leaving.run();
  }

  return (
    <Button
      variant={isMember ? "default" : "filled"}
      aria-busy={joining.isPending || leaving.isPending}
      aria-label={isMember ? t`Leave: ${name}` : t`Join: ${name}`}
      onClick={isMember ? leave : () => joining.run()}
    >
      {isMember ? t`Leave` : t`Join`}
    </Button>
  );
}
