import { Trans, useLingui } from "@lingui/react/macro";
import { Stack, Text } from "@mantine/core";
import { shortDay } from "../../shared/dates/format";
import { unitsText } from "../../shared/habits/words";
import { EmptyState } from "../../shared/ui/EmptyState";
import { Figures } from "../parts/Figures";
import type { Board } from "../types";
import { RankTable } from "./RankTable";

export function BoardTables({ board }: { board: Board }) {
  const { t } = useLingui();
  const { me, top, around, is_listed, people, first_day, last_day, unit } = board;
  const say = (value: number) => unitsText(value, unit ?? "day");
  const others = is_listed ? people : people + 1;
  const rank = me.value ? t`${me.rank} of ${others}` : "–";
  return (
    <Stack>
      {first_day && last_day ? (
        <Text size="sm" c="dimmed">
          {shortDay(first_day)} – {shortDay(last_day)}
        </Text>
      ) : null}
      <Figures
        figures={[
          [is_listed ? t`Your rank` : t`Your rank if shown`, rank],
          [unit ? t`Your streak` : t`Your days`, me.value ? say(me.value) : "–"],
        ]}
      />
      {top.length ? (
        <RankTable caption={t`The first ${top.length}`} rows={top} say={say} />
      ) : (
        <EmptyState
          title={<Trans>Nobody is ranked here yet.</Trans>}
          text={<Trans>People who do a habit appear here.</Trans>}
        />
      )}
      {me.value && top.length && !top.some((row) => row.is_me) ? (
        <RankTable caption={t`Around you`} rows={around} say={say} />
      ) : null}
    </Stack>
  );
}
