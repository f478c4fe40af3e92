import { Trans, useLingui } from "@lingui/react/macro";
import { api } from "../../shared/api/client";
import type { Schema } from "../../shared/api/types";
import { DraftForm } from "../../shared/forms/DraftForm";
import { useDraftForm } from "../../shared/forms/useDraftForm";
import { useAct } from "../../shared/query/useAct";
import { notify } from "../../shared/ui/notices";
import { useWebhookProblems } from "./useWebhookProblems";
import { WebhookFields, type WebhookValues } from "./WebhookFields";

export function EditWebhookForm({ webhook }: { webhook: Schema<"Endpoint"> }) {
  const { t } = useLingui();
  const { refresh } = useAct(["webhooks"], ["access"]);
  const problems = useWebhookProblems();
  const { id } = webhook;
  const draft = useDraftForm<WebhookValues>({
    name: `webhook ${id}`,
    initial: { name: webhook.name, url: webhook.url, events: [...webhook.events] },
    validate: problems,
    send: async ({ name, url, events }) => {
      const body = { name: name.trim(), url: url.trim(), events };
      await api.PATCH("/webhooks/{id}/", { params: { path: { id } }, body });
      refresh();
      notify({ kind: "done", text: t`Saved: ${name}` });
    },
  });
  return (
    <DraftForm draft={draft} submit={<Trans>Save the webhook</Trans>} label={t`Change it`}>
      <WebhookFields form={draft.form} />
    </DraftForm>
  );
}
