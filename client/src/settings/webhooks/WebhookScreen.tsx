import { Trans, useLingui } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "react-router";
import { Answer } from "../../shared/ui/Answer";
import { Section } from "../Section";
import { SettingsScreen } from "../SettingsScreen";
import { Attempts } from "./Attempts";
import { EditWebhookForm } from "./EditWebhookForm";
import { webhookQuery } from "./queries";
import { ReplayForm } from "./ReplayForm";
import { WebhookActions } from "./WebhookActions";

/** One webhook: its state, calls, what can be sent again, and what it is. */
export function WebhookScreen() {
  const { t } = useLingui();
  const id = Number(useParams().id);
  const webhook = useQuery(webhookQuery(id));
  return (
    <SettingsScreen title={webhook.data?.name ?? t`Webhook`} back={{ to: "/me/webhooks", name: t`Webhooks` }}>
      <Answer query={webhook}>
        {(found) => (
          <>
            <WebhookActions webhook={found} />
            <Section title={t`Calls`} text={<Trans>Of the last 30 days.</Trans>}>
              <Attempts webhook={found} />
            </Section>
            <Section
              title={t`Send again`}
              text={<Trans>What happened since a time, for a program that has lost it.</Trans>}
            >
              <ReplayForm id={id} />
            </Section>
            <Section title={t`Change it`}>
              <EditWebhookForm key={found.id} webhook={found} />
            </Section>
          </>
        )}
      </Answer>
    </SettingsScreen>
  );
}
