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
import { GroupCard } from "./GroupCard";
import { groupsKey, readGroups } from "./queries";

export function GroupsScreen() {
  const { t } = useLingui();
  const { words, setWords, name, which, setWhich } = useListSearch(["mine", "open"]);
  const pages = usePages(groupsKey(which, name), (page) => readGroups(which, name, page));
  return (
    <TogetherScreen
      title={t`Groups`}
      actions={
        <Button component={Link} to="/together/groups/new" flex="none" aria-label={t`New group`}>
          <Trans context="group">New</Trans>
        </Button>
      }
    >
      <SearchRow
        words={words}
        onWords={setWords}
        which={{
          label: t`Which groups`,
          value: which,
          onChange: setWhich,
          choices: [
            { value: "mine", label: t`Mine` },
            { value: "open", label: t`Open to all` },
          ],
        }}
      />
      <PagedList pages={pages} empty={<NoGroups which={which} name={name} onOpen={() => setWhich("open")} />}>
        {(groups) => (
          <ul className={classes.list}>
            {groups.map((group) => (
              <GroupCard key={group.id} group={group} />
            ))}
          </ul>
        )}
      </PagedList>
      <CodeForm kind="groups" />
    </TogetherScreen>
  );
}

function NoGroups({ which, name, onOpen }: { which: string; name: string; onOpen: () => void }) {
  if (name) return <EmptyState title={<Trans>No group has this name.</Trans>} />;
  if (which === "open") {
    return (
      <EmptyState
        title={<Trans>There are no open groups yet.</Trans>}
        text={<Trans>Make the first one, and let everyone in.</Trans>}
      />
    );
  }
  return (
    <EmptyState
      title={<Trans>You are in no group yet.</Trans>}
      text={<Trans>In a group you keep habits side by side, for as long as you like.</Trans>}
    >
      <Button variant="default" onClick={onOpen}>
        <Trans>See open groups</Trans>
      </Button>
    </EmptyState>
  );
}
