import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Text } from "@mantine/core";
import { answered, api } from "../../shared/api/client";
import type { Schema } from "../../shared/api/types";
import { dayAndTime } from "../../shared/dates/format";
import { useMe } from "../../shared/person/me";
import { useAct } from "../../shared/query/useAct";
import { usePages } from "../../shared/query/usePages";
import { EmptyState } from "../../shared/ui/EmptyState";
import { PagedList } from "../../shared/ui/PagedList";
import { Row } from "../../shared/ui/Row";

type Attempt = Schema<"Attempt">;

/** The calls of a webhook, with what was answered. */
export function Attempts({ webhook: { id } }: { webhook: Schema<"Endpoint"> }) {
  const { t } = useLingui();
  const attempts = usePages(["webhooks", id, "attempts"], (page) =>
    answered(
      api.GET("/webhooks/{webhook_id}/attempts/", { params: { path: { webhook_id: id }, query: { page } } }),
    ),
  );
  return (
    <>
      <Button
        variant="default"
        w="fit-content"
        loading={attempts.isRefetching}
        onClick={() => void attempts.refetch()}
      >
        <Trans>Look again</Trans>
      </Button>
      <PagedList
        query={attempts}
        label={t`Calls`}
        empty={
          <EmptyState title={<Trans>No calls yet.</Trans>} text={<Trans>Send a test to see one.</Trans>} />
        }
      >
        {(attempt) => <AttemptRow key={attempt.id} attempt={attempt} webhook={id} />}
      </PagedList>
    </>
  );
}

function AttemptRow({ attempt, webhook }: { attempt: Attempt; webhook: number }) {
  const { t } = useLingui();
  const { time_zone: zone } = useMe();
  const { act } = useAct(["webhooks", webhook]);
  const { status, type, milliseconds, reason, answer, event } = attempt;
  const isGood = status !== null && status >= 200 && status < 300;
  const at = dayAndTime(attempt.at, zone);
  const again = () =>
    act(
      () => api.POST("/webhooks/{id}/replay/", { params: { path: { id: webhook } }, body: { event } }),
      t`It is sent again.`,
    );
  return (
    <Row
      title={type}
      marks={[{ text: status ?? t`no answer`, color: isGood ? "pine" : "red" }]}
      lines={[t`${at}, ${milliseconds} ms`, reason]}
      actions={
        <Button
          variant="default"
          aria-label={t`Send again: ${type}, ${at}, number ${attempt.id}`}
          onClick={() => void again()}
        >
          <Trans>Send again</Trans>
        </Button>
      }
    >
      {answer ? (
        <Text size="sm" ff="monospace" lineClamp={3}>
          {answer}
        </Text>
      ) : null}
    </Row>
  );
}
