import { Trans, useLingui } from "@lingui/react/macro";
import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { api } from "../../shared/api/client";
import { dayAndTime } from "../../shared/dates/format";
import { useMe } from "../../shared/person/me";
import { useAction } from "../../shared/query/useAction";
import { ask } from "../../shared/ui/questions";
import type { ChannelName, ChannelState } from "./queries";
import { SentState } from "./SentState";
import { useChannelWords } from "./useChannelWords";
import { useSent } from "./useSent";

/** What is connected on a channel, whether it still takes messages, and how to try or to end it. */
export function ChannelStatus({ channel }: { channel: ChannelState }) {
  const { t } = useLingui();
  const { time_zone: zone } = useMe();
  const name = channel.name as ChannelName;
  const { name: title, refused } = useChannelWords()[name];
  const [isTested, setIsTested] = useState(false);
  const sent = useSent(name, "channel_test", isTested);
  const test = useAction({
    send: () => api.POST("/channels/{channel_name}/test/", { params: { path: { channel_name: name } } }),
    changes: () => [["messages"]],
    after: () => setIsTested(true),
  });
  const end = useAction({
    send: () => api.DELETE("/channels/{channel_name}/", { params: { path: { channel_name: name } } }),
    changes: () => [["channels"], ["access"]],
    done: () => t`Disconnected.`,
  });
  async function disconnect() {
    const agreed = await ask({
      title: t`Disconnect ${title}?`,
      text: t`Nothing more is sent there, and what was stored to reach it is deleted.`,
      yes: t`Disconnect`,
    });
    if (agreed) end.run();
  }
  if (!channel.connected) return null;
  const { address, connected_at: at, unreachable_since: since } = channel;
  return (
    <Stack gap="sm">
      {since ? (
        <Alert color="red" title={t`Refused since ${dayAndTime(since, zone)}`}>
          {refused}
        </Alert>
      ) : null}
      {name === "webpush" ? null : (
        <Text>
          <Trans>Connected: {address}</Trans>{" "}
          {at ? (
            <Text span c="dimmed">
              <Trans>Since {dayAndTime(at, zone)}.</Trans>
            </Text>
          ) : null}
        </Text>
      )}
      <Group>
        <Button variant="default" loading={test.isPending} onClick={() => test.run()}>
          <Trans>Send a test message</Trans>
        </Button>
        <Button variant="default" loading={end.isPending} onClick={() => void disconnect()}>
          {name === "webpush" ? <Trans>Turn off in all browsers</Trans> : <Trans>Disconnect</Trans>}
        </Button>
      </Group>
      {isTested ? <SentState message={sent.data} /> : null}
    </Stack>
  );
}
