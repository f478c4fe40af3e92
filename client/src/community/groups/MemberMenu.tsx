import { useLingui } from "@lingui/react/macro";
import { ActionIcon, Menu } from "@mantine/core";
import { IconDotsVertical } from "@tabler/icons-react";
import type { Team } from "../types";
import type { MemberAction } from "./rules";
import { useMemberActions } from "./useMemberActions";

/** What can be done with a member. */
export function MemberMenu({
  group,
  username,
  actions,
}: {
  group: Team;
  username: string;
  actions: MemberAction[];
}) {
  const { t } = useLingui();
  const act = useMemberActions(group, username);
  const names: Record<MemberAction, string> = {
    appoint: t`Make an admin`,
    dismiss: t`Make an ordinary member`,
    "hand over": t`Hand the group over`,
    remove: t`Remove from the group`,
  };
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon aria-label={t`Actions: ${username}`} color="gray">
          <IconDotsVertical size={20} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {actions.map((action) => (
          <Menu.Item
            key={action}
            mih={44}
            c={action === "remove" ? "error" : undefined}
            onClick={() => void act(action)}
          >
            {names[action]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
