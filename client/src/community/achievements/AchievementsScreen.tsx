import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Stack, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { usePages } from "../../shared/query/pages";
import { EmptyState } from "../../shared/ui/EmptyState";
import { PagedList } from "../parts/PagedList";
import classes from "../parts/parts.module.css";
import { TogetherScreen } from "../parts/TogetherScreen";
import { sharesQuery } from "../shares/queries";
import { HeldCard } from "./HeldCard";
import { OpenCard } from "./OpenCard";
import { readAchievements } from "./queries";

export function AchievementsScreen() {
  const { t } = useLingui();
  const held = usePages(["achievements", "held"], (page) => readAchievements(true, page));
  const open = usePages(["achievements", "open"], (page) => readAchievements(false, page));
  const { data: links = [] } = useQuery(sharesQuery);
  return (
    <TogetherScreen title={t`Achievements`}>
      <Stack>
        <Title order={2} size="h4">
          <Trans>Earned</Trans>
        </Title>
        <PagedList pages={held} label={t`Earned`} empty={<NothingEarned />}>
          {(found) => (
            <ul className={classes.list}>
              {found.map((each) => (
                <HeldCard
                  key={each.id}
                  achievement={each}
                  link={links.find(({ achievement }) => achievement === each.id)}
                />
              ))}
            </ul>
          )}
        </PagedList>
        <Title order={2} size="h4">
          <Trans>To earn</Trans>
        </Title>
        <PagedList
          pages={open}
          label={t`To earn`}
          empty={<EmptyState title={<Trans>You have earned all there are.</Trans>} />}
        >
          {(found) => (
            <ul className={classes.list}>
              {found.map((each) => (
                <OpenCard key={each.id} achievement={each} />
              ))}
            </ul>
          )}
        </PagedList>
      </Stack>
    </TogetherScreen>
  );
}

function NothingEarned() {
  return (
    <EmptyState
      title={<Trans>Nothing yet.</Trans>}
      text={<Trans>The first one comes soon: tick a habit today.</Trans>}
    >
      <Button component={Link} to="/" variant="default">
        <Trans>Go to today</Trans>
      </Button>
    </EmptyState>
  );
}
