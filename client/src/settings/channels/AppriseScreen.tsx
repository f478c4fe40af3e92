import { Trans, useLingui } from "@lingui/react/macro";
import { Code, Group, Stack, Text } from "@mantine/core";
import { api } from "../../shared/api/client";
import { useLimits } from "../../shared/person/limits";
import { ConnectForm } from "./ConnectForm";
import { OwnServerScreen } from "./OwnServerScreen";

/** Connecting a service by its Apprise address. */
export function AppriseScreen() {
  const { t } = useLingui();
  const { apprise_schemes: schemes } = useLimits().channel;
  return (
    <OwnServerScreen
      channel="apprise"
      title="Apprise"
      text={<Trans>An address of Apprise names a service, such as Gotify or Discord, with its token.</Trans>}
    >
      <Stack gap={4}>
        <Text size="sm" id="schemes">
          <Trans>It begins with one of:</Trans>
        </Text>
        <Group gap={6} component="ul" p={0} m={0} style={{ listStyle: "none" }} aria-labelledby="schemes">
          {schemes.map((scheme) => (
            <li key={scheme}>
              <Code>{scheme}://</Code>
            </li>
          ))}
        </Group>
      </Stack>
      <ConnectForm
        channel="apprise"
        fields={{
          url: {
            label: t`Address`,
            description: t`Such as gotifys://push.example.org/TOKEN. It is never shown again.`,
            maxLength: 2000,
            empty: t`Enter an address.`,
          },
        }}
        send={({ url, password }) => api.POST("/channels/apprise/connect/", { body: { url, password } })}
      />
    </OwnServerScreen>
  );
}
