import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Stack } from "@mantine/core";
import { IconPrinter } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Awaited } from "../shared/ui/Awaited";
import { Screen } from "../shared/ui/Screen";
import { summaryQuery } from "./queries";
import { RangePicker } from "./range/RangePicker";
import { useRange } from "./range/useRange";
import { StatisticsOf } from "./StatisticsOf";
import classes from "./stats.module.css";

export function StatisticsScreen() {
  const { t } = useLingui();
  const { range, track, chooseTrack, chooseName, chooseOwn } = useRange();
  const query = useInfiniteQuery(summaryQuery(range.first, range.last));
  return (
    <Screen
      title={t`Statistics`}
      actions={
        <Button
          variant="subtle"
          px="xs"
          flex="none"
          className={classes.notPrinted}
          leftSection={<IconPrinter size={18} aria-hidden />}
          onClick={() => print()}
        >
          <Trans>Print</Trans>
        </Button>
      }
    >
      <Stack>
        <RangePicker range={range} onName={chooseName} onOwn={chooseOwn} />
        <Awaited query={query}>
          {({ pages }) => (
            <div
              className={query.isPlaceholderData ? classes.busy : undefined}
              aria-busy={query.isPlaceholderData}
            >
              <StatisticsOf pages={pages} track={track} range={range} onTrack={chooseTrack} />
            </div>
          )}
        </Awaited>
        {query.hasNextPage ? (
          <Button variant="default" className={classes.notPrinted} onClick={() => void query.fetchNextPage()}>
            <Trans>Show more habits</Trans>
          </Button>
        ) : null}
      </Stack>
    </Screen>
  );
}
