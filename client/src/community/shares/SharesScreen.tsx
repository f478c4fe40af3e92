import { Trans, useLingui } from "@lingui/react/macro";
import { Stack, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Awaited } from "../../shared/ui/Awaited";
import { EmptyState } from "../../shared/ui/EmptyState";
import classes from "../parts/parts.module.css";
import { TogetherScreen } from "../parts/TogetherScreen";
import { NewShare } from "./NewShare";
import { sharesQuery } from "./queries";
import { ShareCard } from "./ShareCard";

export function SharesScreen() {
  const { t } = useLingui();
  const query = useQuery(sharesQuery);
  return (
    <TogetherScreen title={t`Share`}>
      <Stack>
        <NewShare />
        <Title order={2} size="h4">
          <Trans>Your links</Trans>
        </Title>
        <Awaited query={query}>
          {(links) =>
            links.length ? (
              <ul className={classes.list}>
                {links.map((link) => (
                  <ShareCard key={link.id} link={link} />
                ))}
              </ul>
            ) : (
              <EmptyState
                title={<Trans>You share nothing.</Trans>}
                text={
                  <Trans>A link shows one streak, one year or one achievement, to whom you send it.</Trans>
                }
              />
            )
          }
        </Awaited>
      </Stack>
    </TogetherScreen>
  );
}
