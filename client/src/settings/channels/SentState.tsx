import { Trans } from "@lingui/react/macro";
import { Text } from "@mantine/core";
import { timeOfDay } from "../../shared/dates/format";
import { useMe } from "../../shared/person/me";
import type { Sent } from "./useSent";

/** What became of a message that the person has just asked for. */
export function SentState({ message }: { message: Sent | null | undefined }) {
  const { time_zone: zone } = useMe();
  return (
    <Text size="sm" role="status">
      {!message || (message.state === "pending" && !message.reason) ? (
        <Trans>The message is on its way.</Trans>
      ) : message.state === "pending" ? (
        <Trans>The message could not be sent yet ({message.reason}). It is tried again.</Trans>
      ) : message.state === "sent" ? (
        <Trans>The message was sent at {timeOfDay(message.sent_at ?? message.due_at, zone)}.</Trans>
      ) : (
        <Trans>The message could not be sent: {message.reason}.</Trans>
      )}
    </Text>
  );
}
