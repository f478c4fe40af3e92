import { Trans } from "@lingui/react/macro";
import { Button, Stack } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { answered, api } from "../../shared/api/client";
import { addDays, type Day } from "../../shared/dates/days";
import { useToday } from "../../shared/dates/useToday";
import { usePages } from "../../shared/query/pages";
import { EmptyState } from "../../shared/ui/EmptyState";
import { PagedList } from "../parts/PagedList";
import type { Challenge } from "../types";
import { DayTable } from "./DayTable";

const SHOWN = 7; // days, as many as fit on a phone

const earlier = (...days: Day[]): Day => days.sort()[0] ?? "";

/** The last days of each member, shown when they are asked for. */
export function MemberDays({ challenge }: { challenge: Challenge }) {
  const [isOpen, { toggle }] = useDisclosure();
  const today = useToday();
  const last = earlier(challenge.last_day, today);
  if (last < challenge.first_day) return null;
  return (
    <Stack gap="xs">
      <Button
        variant="subtle"
        px={0}
        onClick={toggle}
        aria-expanded={isOpen}
        style={{ alignSelf: "flex-start" }}
      >
        {isOpen ? <Trans>Hide the days</Trans> : <Trans>Show the days</Trans>}
      </Button>
      {isOpen ? <Days challenge={challenge} last={last} /> : null}
    </Stack>
  );
}

function Days({ challenge: { id, first_day }, last }: { challenge: Challenge; last: Day }) {
  const weekAgo = addDays(last, 1 - SHOWN);
  const first = weekAgo < first_day ? first_day : weekAgo;
  const pages = usePages(["challenges", id, "days", first, last], (page) =>
    answered(
      api.GET("/challenges/{challenge_id}/days/", {
        params: { path: { challenge_id: id }, query: { from: first, to: last, page } },
      }),
    ),
  );
  return (
    <PagedList pages={pages} empty={<EmptyState title={<Trans>Nobody has done a day yet.</Trans>} />}>
      {(members) => <DayTable members={members} first={first} last={last} />}
    </PagedList>
  );
}
