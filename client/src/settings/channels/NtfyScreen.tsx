import { Trans, useLingui } from "@lingui/react/macro";
import { api } from "../../shared/api/client";
import { useLimits } from "../../shared/person/limits";
import { ConnectForm } from "./ConnectForm";
import { OwnServerScreen } from "./OwnServerScreen";

/** Connecting a topic of an ntfy server. */
export function NtfyScreen() {
  const { t } = useLingui();
  const { ntfy_server: server } = useLimits().channel;
  return (
    <OwnServerScreen
      channel="ntfy"
      title="ntfy"
      text={
        <Trans>
          Subscribe to a topic in the ntfy app, then enter it here. On a public server everybody who knows the
          topic reads it: choose a long one.
        </Trans>
      }
    >
      <ConnectForm
        channel="ntfy"
        fields={{
          address: {
            label: t`Topic`,
            description: t`A topic of ${server}, or a whole address such as https://ntfy.example.org/topic.`,
            maxLength: 500,
            empty: t`Enter a topic.`,
          },
          token: {
            label: t`Access token`,
            description: t`Only if the topic is protected. It is never shown again.`,
            maxLength: 200,
          },
        }}
        send={({ address, token, password }) =>
          api.POST("/channels/ntfy/connect/", { body: { address, token, password } })
        }
      />
    </OwnServerScreen>
  );
}
