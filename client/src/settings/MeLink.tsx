import { Trans } from "@lingui/react/macro";
import { Anchor } from "@mantine/core";
import { IconChevronLeft } from "@tabler/icons-react";
import { Link } from "react-router";

/** The way back to all settings, or to the list that a screen is part of. */
export function MeLink({ to = "/me", name }: { to?: string; name?: string }) {
  return (
    <Anchor
      component={Link}
      to={to}
      size="sm"
      style={{ display: "inline-flex", alignItems: "center", minHeight: 44, gap: 4 }}
    >
      <IconChevronLeft size={18} aria-hidden />
      {name ?? <Trans>All settings</Trans>}
    </Anchor>
  );
}
