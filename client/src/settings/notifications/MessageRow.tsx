import { plural } from "@lingui/core/macro";
import { useLingui } from "@lingui/react/macro";
import { Text } from "@mantine/core";
import type { Schema } from "../../shared/api/types";
import { dayAndTime, shortDay } from "../../shared/dates/format";
import { useMe } from "../../shared/person/me";
import { Row } from "../../shared/ui/Row";
import { useChannelWords } from "../channels/useChannelWords";
import { useMessageKinds, useMessageStates } from "./useMessageWords";

export function MessageRow({ message }: { message: Schema<"Delivery"> }) {
  const { t } = useLingui();
  const { time_zone: zone } = useMe();
  const state = useMessageStates()[message.state];
  const kind = useMessageKinds()[message.kind] ?? message.kind.replaceAll("_", " ");
  const { attempts, passed_over: missed, reason } = message;
  const when = message.sent_at
    ? t`sent ${dayAndTime(message.sent_at, zone)}`
    : t`due ${dayAndTime(message.due_at, zone)}`;
  const channel = useChannelWords()[message.channel].name;
  return (
    <Row
      title={message.day ? t`${kind} for ${shortDay(message.day)}` : kind}
      marks={[state]}
      lines={[
        `${when}, ${channel}`,
        [
          attempts > 1 ? plural(attempts, { one: "# attempt", other: "# attempts" }) : "",
          missed
            ? plural(missed, {
                one: "in place of # that was missed",
                other: "in place of # that were missed",
              })
            : "",
          message.uncertain ? t`it may have arrived twice` : "",
        ]
          .filter(Boolean)
          .join(", "),
        reason ? t`Reason: ${reason}` : "",
      ]}
    >
      {message.text ? (
        <Text size="sm" style={{ whiteSpace: "pre-wrap" }} lineClamp={6}>
          {message.text}
        </Text>
      ) : null}
    </Row>
  );
}
