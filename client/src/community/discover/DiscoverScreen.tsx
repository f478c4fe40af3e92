import { Trans, useLingui } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { usePages } from "../../shared/query/pages";
import { EmptyState } from "../../shared/ui/EmptyState";
import { myHabitsQuery } from "../parts/myHabits";
import { PagedList } from "../parts/PagedList";
import classes from "../parts/parts.module.css";
import { SearchRow } from "../parts/SearchRow";
import { TogetherScreen } from "../parts/TogetherScreen";
import { useListSearch } from "../parts/useListSearch";
import { PublicHabitCard } from "./PublicHabitCard";
import { publicHabitsKey, readPublicHabits } from "./queries";

/** Habits that others have published, and those that one follows. */
export function DiscoverScreen() {
  const { t } = useLingui();
  const { words, setWords, name, which, setWhich } = useListSearch(["useful", "pleasant"]);
  const pages = usePages(publicHabitsKey(which, name), (page) => readPublicHabits(which, name, page));
  const { data: tracks = [] } = useQuery(myHabitsQuery);
  const trackOf = new Map(tracks.map((track) => [track.habit.id, track.id]));
  return (
    <TogetherScreen title={t`Discover`}>
      <SearchRow
        words={words}
        onWords={setWords}
        which={{
          label: t`Which habits`,
          value: which,
          onChange: setWhich,
          choices: [
            { value: "useful", label: t`To do` },
            { value: "pleasant", label: t`Pleasant ones` },
          ],
        }}
      />
      <PagedList pages={pages} empty={<NothingFound name={name} />}>
        {(habits) => (
          <ul className={classes.list}>
            {habits.map((habit) => (
              <PublicHabitCard key={habit.id} habit={habit} track={trackOf.get(habit.id)} />
            ))}
          </ul>
        )}
      </PagedList>
    </TogetherScreen>
  );
}

function NothingFound({ name }: { name: string }) {
  if (name) return <EmptyState title={<Trans>No published habit has this name.</Trans>} />;
  return (
    <EmptyState
      title={<Trans>Nobody has published a habit yet.</Trans>}
      text={<Trans>Open one of your habits and publish it: others can then follow it.</Trans>}
    >
      <Button component={Link} to="/habits" variant="default">
        <Trans>See my habits</Trans>
      </Button>
    </EmptyState>
  );
}
