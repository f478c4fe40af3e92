import { useLingui } from "@lingui/react/macro";
import { Stack } from "@mantine/core";
import { answered, api } from "../../shared/api/client";
import { usePages } from "../../shared/query/pages";
import { useAction } from "../../shared/query/useAction";
import { Invitation } from "../parts/Invitation";
import { PagedList } from "../parts/PagedList";
import classes from "../parts/parts.module.css";
import type { Team } from "../types";
import { MemberCard } from "./MemberCard";
import { readMembers } from "./queries";

export function GroupMembers({ group }: { group: Team }) {
  const { t } = useLingui();
  const pages = usePages(["groups", group.id, "members"], (page) => readMembers(group.id, page));
  const renewing = useAction({
    send: () => answered(api.POST("/groups/{group_id}/code/", { params: { path: { group_id: group.id } } })),
    changes: () => [["groups", group.id]],
    done: () => t`The new link works now.`,
  });
  return (
    <Stack>
      {group.code ? (
        <Invitation kind="groups" name={group.name} code={group.code} onRenew={() => renewing.run()} />
      ) : null}
      <PagedList pages={pages} empty={null}>
        {(members) => (
          <ul className={classes.list}>
            {members.map((member) => (
              <MemberCard key={member.username} group={group} member={member} />
            ))}
          </ul>
        )}
      </PagedList>
    </Stack>
  );
}
