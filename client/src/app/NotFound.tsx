import { Trans, useLingui } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { Link } from "react-router";
import { EmptyState } from "../shared/ui/EmptyState";
import { Screen } from "../shared/ui/Screen";

export function NotFound() {
  const { t } = useLingui();
  return (
    <Screen title={t`Page not found`} hideTitle>
      <EmptyState title={<Trans>There is no such page.</Trans>}>
        <Button component={Link} to="/">
          <Trans>Go to today</Trans>
        </Button>
      </EmptyState>
    </Screen>
  );
}
