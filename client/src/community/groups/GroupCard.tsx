import { ListCard } from "../parts/ListCard";
import type { Team } from "../types";
import { GroupFacts } from "./GroupFacts";
import { JoinOrLeaveGroup } from "./JoinOrLeaveGroup";

export function GroupCard({ group }: { group: Team }) {
  return (
    <ListCard
      title={group.name}
      to={`/together/groups/${group.id}`}
      text={group.description}
      side={group.role ? null : <JoinOrLeaveGroup group={group} />}
    >
      <GroupFacts group={group} />
    </ListCard>
  );
}
