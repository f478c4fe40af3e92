import { Trans } from "@lingui/react/macro";
import { Button, Group } from "@mantine/core";
import { Link } from "react-router";
import type { Day } from "../shared/dates/days";
import { EmptyState } from "../shared/ui/EmptyState";
import { Loading } from "../shared/ui/Loading";
import { useDay } from "./useDay";

/** A day without habits: what to begin with, unless the habits of today began after it. */
export function NothingToday({ day, today }: { day: Day; today: Day }) {
  const { entries, isPending } = useDay(today);
  if (day < today && isPending) return <Loading />;
  if (day < today && entries?.length) {
    return (
      <EmptyState
        title={<Trans>Nothing was planned for this day.</Trans>}
        text={<Trans>Your habits began later. To mark an earlier day, open the calendar of a habit.</Trans>}
      >
        <Button component={Link} to="/habits">
          <Trans>Habits</Trans>
        </Button>
      </EmptyState>
    );
  }
  return (
    <EmptyState
      title={<Trans>Nothing is planned for this day.</Trans>}
      text={<Trans>Begin with one small habit: two minutes are enough.</Trans>}
    >
      <Group>
        <Button component={Link} to="/habits/new">
          <Trans>Make a habit</Trans>
        </Button>
        <Button component={Link} to="/habits/templates" variant="default">
          <Trans>Choose a template</Trans>
        </Button>
      </Group>
    </EmptyState>
  );
}
