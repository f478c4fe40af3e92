import { Trans, useLingui } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "react-router";
import { Awaited } from "../../shared/ui/Awaited";
import { Screen } from "../../shared/ui/Screen";
import { BackLink } from "../parts/BackLink";
import { AboutChallenge } from "./AboutChallenge";
import { challengeQuery } from "./queries";

export function ChallengeScreen() {
  const { t } = useLingui();
  const query = useQuery(challengeQuery(Number(useParams().id)));
  return (
    <Screen
      title={query.data?.name ?? t`Challenge`}
      actions={
        <BackLink to="/together/challenges">
          <Trans>Challenges</Trans>
        </BackLink>
      }
    >
      <Awaited query={query}>{(challenge) => <AboutChallenge challenge={challenge} />}</Awaited>
    </Screen>
  );
}
