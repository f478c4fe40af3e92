import { Trans } from "@lingui/react/macro";
import { Anchor, Text } from "@mantine/core";
import { Link } from "react-router";
import type { Limits } from "../shared/api/types";
import { rememberPlace } from "../shared/providers/place";

/** Who can register, and where. */
export function WayToRegister({ kind }: { kind: Limits["account"]["registration"] }) {
  if (kind === "closed") {
    return (
      <Text c="dimmed">
        <Trans>New accounts are made by those who run this service.</Trans>
      </Text>
    );
  }
  return (
    <Text>
      <Trans>
        No account yet?{" "}
        <Anchor component={Link} to="/sign-up" onClick={rememberPlace}>
          Register
        </Anchor>
      </Trans>
      {kind === "invitation" ? (
        <Text span c="dimmed">
          {" "}
          <Trans>You need an invitation.</Trans>
        </Text>
      ) : null}
    </Text>
  );
}
