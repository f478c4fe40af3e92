import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Text } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";
import { answered, api } from "../../shared/api/client";
import type { Schema } from "../../shared/api/types";
import { DraftForm } from "../../shared/forms/DraftForm";
import { useDraftForm } from "../../shared/forms/useDraftForm";
import { useAct } from "../../shared/query/useAct";
import { Once } from "../../shared/ui/Once";
import { SettingsScreen } from "../SettingsScreen";
import { useWebhookProblems } from "./useWebhookProblems";
import { WebhookFields, type WebhookValues } from "./WebhookFields";

/** Making a webhook, and its secret, once. */
export function NewWebhookScreen() {
  const { t } = useLingui();
  const [made, setMade] = useState<Schema<"EndpointWithSecret"> | null>(null);
  return (
    <SettingsScreen title={t`New webhook`} back={{ to: "/me/webhooks", name: t`Webhooks` }}>
      {made ? (
        <>
          <Once text={made.secret} what={t`the secret of ${made.webhook.name}`}>
            <Trans>The secret by which {made.webhook.name} knows that we send</Trans>
          </Once>
          <Text>
            <Trans>
              Enter it in the program. It checks the signature of each message by Standard Webhooks.
            </Trans>
          </Text>
          <Button component={Link} to={`/me/webhooks/${made.webhook.id}`} w="fit-content">
            <Trans>Test it</Trans>
          </Button>
        </>
      ) : (
        <NewWebhookForm onMade={setMade} />
      )}
    </SettingsScreen>
  );
}

function NewWebhookForm({ onMade }: { onMade: (made: Schema<"EndpointWithSecret">) => void }) {
  const { t } = useLingui();
  const { refresh } = useAct(["webhooks"], ["access"]);
  const problems = useWebhookProblems();
  const draft = useDraftForm<WebhookValues>({
    name: "new webhook",
    initial: { name: "", url: "", events: ["log.set", "log.cleared"] },
    validate: problems,
    send: async ({ name, url, events }) => {
      const made = await answered(
        api.POST("/webhooks/", { body: { name: name.trim(), url: url.trim(), events } }),
      );
      refresh();
      onMade(made);
    },
  });
  return (
    <DraftForm draft={draft} submit={<Trans>Make the webhook</Trans>} label={t`New webhook`}>
      <WebhookFields form={draft.form} />
    </DraftForm>
  );
}
