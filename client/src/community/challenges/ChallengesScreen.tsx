import { Trans, useLingui } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { Link } from "react-router";
import { usePages } from "../../shared/query/pages";
import { EmptyState } from "../../shared/ui/EmptyState";
import { CodeForm } from "../parts/CodeForm";
import { PagedList } from "../parts/PagedList";
import classes from "../parts/parts.module.css";
import { SearchRow } from "../parts/SearchRow";
import { TogetherScreen } from "../parts/TogetherScreen";
import { useListSearch } from "../parts/useListSearch";
import { ChallengeCard } from "./ChallengeCard";
import { challengesKey, readChallenges } from "./queries";

export function ChallengesScreen() {
  const { t } = useLingui();
  const { words, setWords, name, which, setWhich } = useListSearch(["mine", "public"]);
  const pages = usePages(challengesKey(which, name), (page) => readChallenges(which, name, page));
  return (
    <TogetherScreen
      title={t`Challenges`}
      actions={
        <Button component={Link} to="/together/challenges/new" flex="none" aria-label={t`New challenge`}>
          <Trans context="challenge">New</Trans>
        </Button>
      }
    >
      <SearchRow
        words={words}
        onWords={setWords}
        which={{
          label: t`Which challenges`,
          value: which,
          onChange: setWhich,
          choices: [
            { value: "mine", label: t`Mine` },
            { value: "public", label: t`Public` },
          ],
        }}
      />
      <PagedList
        pages={pages}
        empty={<NoChallenges which={which} name={name} onPublic={() => setWhich("public")} />}
      >
        {(challenges) => (
          <ul className={classes.list}>
            {challenges.map((challenge) => (
              <ChallengeCard key={challenge.id} challenge={challenge} />
            ))}
          </ul>
        )}
      </PagedList>
      <CodeForm kind="challenges" />
    </TogetherScreen>
  );
}

function NoChallenges({ which, name, onPublic }: { which: string; name: string; onPublic: () => void }) {
  if (name) return <EmptyState title={<Trans>No challenge has this name.</Trans>} />;
  if (which === "public") {
    return (
      <EmptyState
        title={<Trans>There are no public challenges yet.</Trans>}
        text={<Trans>Make the first one: choose a published habit and two dates.</Trans>}
      />
    );
  }
  return (
    <EmptyState
      title={<Trans>You are in no challenge yet.</Trans>}
      text={
        <Trans>
          In a challenge everyone does the same habit for some days, and you see who did how many.
        </Trans>
      }
    >
      <Button variant="default" onClick={onPublic}>
        <Trans>See public challenges</Trans>
      </Button>
    </EmptyState>
  );
}
