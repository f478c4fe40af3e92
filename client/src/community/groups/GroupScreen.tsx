import { Trans, useLingui } from "@lingui/react/macro";
import { Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "react-router";
import { Awaited } from "../../shared/ui/Awaited";
import { Screen } from "../../shared/ui/Screen";
import { BackLink } from "../parts/BackLink";
import type { Team } from "../types";
import { GroupActions } from "./GroupActions";
import { GroupFacts } from "./GroupFacts";
import { GroupParts } from "./GroupParts";
import { groupQuery } from "./queries";

export function GroupScreen() {
  const { t } = useLingui();
  const query = useQuery(groupQuery(Number(useParams().id)));
  return (
    <Screen
      title={query.data?.name ?? t`Group`}
      actions={
        <BackLink to="/together/groups">
          <Trans>Groups</Trans>
        </BackLink>
      }
    >
      <Awaited query={query}>{(group) => <AboutGroup group={group} />}</Awaited>
    </Screen>
  );
}

function AboutGroup({ group }: { group: Team }) {
  return (
    <Stack>
      <div>
        {group.description ? <Text>{group.description}</Text> : null}
        <GroupFacts group={group} />
      </div>
      <GroupActions group={group} />
      {group.role ? (
        <GroupParts group={group} />
      ) : (
        <Text c="dimmed">
          <Trans>Members see the habits of the group, each other’s progress in them, and the news.</Trans>
        </Text>
      )}
    </Stack>
  );
}
