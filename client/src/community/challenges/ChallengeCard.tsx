import { useLingui } from "@lingui/react/macro";
import { Facts } from "../parts/Facts";
import { ListCard } from "../parts/ListCard";
import type { Challenge } from "../types";
import { membersText } from "../words/members";
import { JoinOrLeave } from "./JoinOrLeave";
import { canJoin } from "./rules";
import { daysText, stateText } from "./words";

export function ChallengeCard({ challenge }: { challenge: Challenge }) {
  const { t } = useLingui();
  const { id, name, habit, members, creator, state } = challenge;
  const running = state === "running" ? stateText(state) : null;
  return (
    <ListCard
      title={name}
      to={`/together/challenges/${id}`}
      text={habit?.sentence}
      side={canJoin(challenge) ? <JoinOrLeave challenge={challenge} /> : null}
    >
      <Facts
        strong={running}
        facts={[
          running ? null : stateText(state),
          daysText(challenge),
          membersText(members),
          creator && t`by ${creator}`,
        ]}
      />
    </ListCard>
  );
}
