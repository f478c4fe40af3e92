import { Trans } from "@lingui/react/macro";
import { Button, Group } from "@mantine/core";
import { Link } from "react-router";
import { EmptyState } from "../shared/ui/EmptyState";

export function NothingToday() {
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
