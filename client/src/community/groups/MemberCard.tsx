import { useLingui } from "@lingui/react/macro";
import { shortDay } from "../../shared/dates/format";
import { useMe } from "../../shared/person/me";
import { Facts } from "../parts/Facts";
import { ListCard } from "../parts/ListCard";
import type { Member, Team } from "../types";
import { MemberMenu } from "./MemberMenu";
import { memberActions } from "./rules";
import { roleText } from "./words";

export function MemberCard({ group, member }: { group: Team; member: Member }) {
  const { t } = useLingui();
  const me = useMe();
  const { username, role, joined_at } = member;
  const since = shortDay(joined_at.slice(0, 10));
  const isMe = username === me.username;
  const actions = isMe ? [] : memberActions(group.role, role);
  return (
    <ListCard
      title={isMe ? t`${username} (you)` : username}
      side={actions.length ? <MemberMenu group={group} username={username} actions={actions} /> : null}
    >
      <Facts strong={role === "member" ? null : roleText(role)} facts={[t`Since ${since}`]} />
    </ListCard>
  );
}
