import { Trans, useLingui } from "@lingui/react/macro";
import { Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Awaited } from "../../shared/ui/Awaited";
import { BackLink } from "../parts/BackLink";
import { TogetherScreen } from "../parts/TogetherScreen";
import { BoardChoice } from "./BoardChoice";
import { BoardTables } from "./BoardTables";
import { boardQuery } from "./queries";
import { RankedChoice } from "./RankedChoice";
import { useBoardChoice } from "./useBoardChoice";

export function LeaderboardsScreen() {
  const { t } = useLingui();
  const choice = useBoardChoice();
  const { board, scope, unit } = choice;
  const query = useQuery(boardQuery(board, scope, unit));
  const isGlobal = !scope.group && !scope.challenge;
  return (
    <TogetherScreen
      title={t`Rankings`}
      actions={
        scope.group ? (
          <BackLink to={`/together/groups/${scope.group}`}>
            <Trans>The group</Trans>
          </BackLink>
        ) : scope.challenge ? (
          <BackLink to={`/together/challenges/${scope.challenge}`}>
            <Trans>The challenge</Trans>
          </BackLink>
        ) : null
      }
    >
      <Stack>
        <BoardChoice choice={choice} />
        {isGlobal ? <RankedChoice /> : null}
        <Awaited query={query}>{(found) => <BoardTables board={found} />}</Awaited>
      </Stack>
    </TogetherScreen>
  );
}
