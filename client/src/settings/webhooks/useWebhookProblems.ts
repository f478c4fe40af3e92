import { useLingui } from "@lingui/react/macro";
import type { WebhookValues } from "./WebhookFields";

/** Return a function that says what is wrong with a webhook before it is sent. */
export function useWebhookProblems() {
  const { t } = useLingui();
  return (values: WebhookValues) => ({
    name: values.name.trim() ? null : t`Name the program.`,
    url: values.url.trim() ? null : t`Enter a web address that begins with https://.`,
    events: values.events.length ? null : t`Choose at least one event.`,
  });
}
