import { useLingui } from "@lingui/react/macro";
import { Facts } from "../parts/Facts";
import type { Team } from "../types";
import { membersText } from "../words/members";

export function GroupFacts({ group: { role, owner, members, is_open } }: { group: Team }) {
  const { t } = useLingui();
  const strong = role === "owner" ? t`Yours` : role === "admin" ? t`You are an admin` : null;
  return (
    <Facts
      strong={strong}
      facts={[
        membersText(members),
        is_open ? t`Open to all` : t`By invitation`,
        owner && role !== "owner" ? t`by ${owner}` : null,
      ]}
    />
  );
}
