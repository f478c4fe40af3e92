import { useLingui } from "@lingui/react/macro";
import { answered, api } from "../../shared/api/client";
import { useAction } from "../../shared/query/useAction";
import { ask } from "../../shared/ui/questions";
import { focusTitle } from "../parts/focus";
import type { Team } from "../types";
import type { MemberAction } from "./rules";

/** Return how to do something with a member; what cannot be undone is asked about. */
export function useMemberActions(group: Team, username: string): (action: MemberAction) => Promise<void> {
  const { t } = useLingui();
  const { id, name } = group;
  const params = { path: { group_id: id, username } };
  const changes = () => [["groups", id], ["groups", "list"], ["leaderboards"]];
  const role = useAction({
    send: (chosen: "admin" | "member") =>
      answered(api.PATCH("/groups/{group_id}/members/{username}/", { params, body: { role: chosen } })),
    changes,
    done: (chosen) =>
      chosen === "admin" ? t`${username} is an admin now.` : t`${username} is an ordinary member now.`,
  });
  const handing = useAction({
    send: () =>
      answered(
        api.PUT("/groups/{group_id}/owner/", { params: { path: { group_id: id } }, body: { username } }),
      ),
    changes,
    done: () => t`${username} owns the group now.`,
  });
  const removing = useAction({
    send: () => answered(api.DELETE("/groups/{group_id}/members/{username}/", { params })),
    changes,
    done: () => t`Removed: ${username}`,
    after: focusTitle,
  });

  return async (action) => {
    if (action === "appoint") role.run("admin");
    if (action === "dismiss") role.run("member");
    if (action === "hand over" && (await askToHandOver())) handing.run();
    if (action === "remove" && (await askToRemove())) removing.run();
  };

  function askToHandOver() {
    return ask({
      title: t`Hand “${name}” over to ${username}?`,
      text: t`You become an admin. Only the new owner can give it back.`,
      yes: t`Hand over`,
      isDangerous: true,
    });
  }
  function askToRemove() {
    return ask({
      title: t`Remove ${username} from “${name}”?`,
      text: t`The group is closed to them at once, and the invitation link is replaced. They keep their own habits and days.`,
      yes: t`Remove`,
      isDangerous: true,
    });
  }
}
