import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { Badge, Button, Group, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useNavigate } from "react-router";
import { answered, api } from "../../shared/api/client";
import type { Schema } from "../../shared/api/types";
import { useAct } from "../../shared/query/useAct";
import { notify } from "../../shared/ui/notices";
import { Once } from "../../shared/ui/Once";
import { ask } from "../../shared/ui/questions";
import { useWebhookState } from "./useWebhookState";

/** Whether it is on, and what can be done with it. */
export function WebhookActions({ webhook }: { webhook: Schema<"Endpoint"> }) {
  const { t } = useLingui();
  const navigate = useNavigate();
  const { act, isBusy } = useAct(["webhooks"], ["access"]);
  const { act: actOnList } = useAct(["webhooks", "pages"], ["access"]); // this screen would ask for what is gone
  const [secret, setSecret] = useState("");
  const { id, name } = webhook;
  const { mark, line } = useWebhookState()(webhook);
  const params = { path: { id } };
  const test = () =>
    act(
      () => api.POST("/webhooks/{id}/test/", { params }),
      t`A test is on its way. The list of calls says how it went.`,
    );
  const enable = () =>
    act(async () => {
      const { queued } = await answered(api.POST("/webhooks/{id}/enable/", { params }));
      notify({
        kind: "done",
        text: plural(queued, {
          one: "It is on. # missed event is sent.",
          other: "It is on. # missed events are sent.",
        }),
      });
    });
  async function rotate() {
    const agreed = await ask({
      title: t`Make a new secret for “${name}”?`,
      text: t`For 24 hours both the old and the new one sign, so that you can change the program.`,
      yes: t`New secret`,
    });
    if (!agreed) return;
    await act(async () => {
      setSecret((await answered(api.POST("/webhooks/{id}/rotate/", { params }))).secret);
    });
  }
  async function remove() {
    const agreed = await ask({
      title: t`Delete the webhook “${name}”?`,
      text: t`The program is no longer told anything. What waits to be sent is lost.`,
      yes: t`Delete`,
      isDangerous: true,
    });
    if (!agreed) return;
    if (await actOnList(() => api.DELETE("/webhooks/{id}/", { params }), t`Deleted: ${name}.`)) {
      navigate("/me/webhooks");
    }
  }
  return (
    <Stack gap="sm">
      <Group gap="xs">
        <Badge variant="outline" color={mark.color} tt="none">
          {mark.text}
        </Badge>
        <Text size="sm" c="dimmed">
          {webhook.url}
        </Text>
      </Group>
      {line ? <Text>{line}</Text> : null}
      {secret ? (
        <Once text={secret} what={t`the new secret of ${name}`}>
          <Trans>The new secret of {name}</Trans>
        </Once>
      ) : null}
      <Group gap="xs">
        {webhook.off_at ? (
          <Button loading={isBusy} onClick={() => void enable()}>
            <Trans>Turn on, and send what it missed</Trans>
          </Button>
        ) : (
          <Button variant="light" loading={isBusy} onClick={() => void test()}>
            <Trans>Send a test</Trans>
          </Button>
        )}
        <Button variant="default" onClick={() => void rotate()}>
          <Trans>New secret</Trans>
        </Button>
        <Button variant="subtle" onClick={() => void remove()}>
          <Trans>Delete</Trans>
        </Button>
      </Group>
    </Stack>
  );
}
