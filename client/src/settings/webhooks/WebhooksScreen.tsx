import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Text } from "@mantine/core";
import { Link } from "react-router";
import { answered, api } from "../../shared/api/client";
import { usePages } from "../../shared/query/usePages";
import { EmptyState } from "../../shared/ui/EmptyState";
import { PagedList } from "../../shared/ui/PagedList";
import { Row } from "../../shared/ui/Row";
import { SettingsScreen } from "../SettingsScreen";
import { useWebhookState } from "./useWebhookState";

/** Programs that are told what happens. */
export function WebhooksScreen() {
  const { t } = useLingui();
  const stateOf = useWebhookState();
  const webhooks = usePages(["webhooks"], (page) =>
    answered(api.GET("/webhooks/", { params: { query: { page } } })),
  );
  return (
    <SettingsScreen
      title={t`Webhooks`}
      actions={
        <Button component={Link} to="/me/webhooks/new">
          <Trans>New webhook</Trans>
        </Button>
      }
    >
      <Text c="dimmed">
        <Trans>A webhook tells a program of yours at once what happens here.</Trans>
      </Text>
      <PagedList
        query={webhooks}
        label={t`Webhooks`}
        empty={
          <EmptyState
            title={<Trans>No webhooks yet.</Trans>}
            text={<Trans>Make one with the address of your program.</Trans>}
          />
        }
      >
        {(webhook) => {
          const { mark, line } = stateOf(webhook);
          return (
            <Row
              key={webhook.id}
              title={webhook.name}
              marks={[mark]}
              lines={[webhook.url, line]}
              actions={
                <Button
                  component={Link}
                  to={`/me/webhooks/${webhook.id}`}
                  variant="default"
                  aria-label={t`Open: ${webhook.name}`}
                >
                  <Trans>Open</Trans>
                </Button>
              }
            />
          );
        }}
      </PagedList>
    </SettingsScreen>
  );
}
