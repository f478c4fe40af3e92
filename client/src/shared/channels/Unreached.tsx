import { Trans } from "@lingui/react/macro";
import { Anchor, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { channelsQuery } from "./queries";

/** Says that no reminder reaches the person, and where that is chosen; nothing if a channel is connected. */
export function Unreached() {
  const { data } = useQuery(channelsQuery);
  if (!data || data.channels.some((channel) => channel.connected)) return null;
  return (
    <Text size="sm" role="status">
      <Trans>
        No reminder reaches you yet: no channel is connected, and mails are off.{" "}
        <Anchor component={Link} to="/me/channels" inherit>
          Choose where they arrive
        </Anchor>
        .
      </Trans>
    </Text>
  );
}
