import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import { answered, api } from "../../shared/api/client";
import { dayAndTime } from "../../shared/dates/format";
import { sentenceOf } from "../../shared/errors/sentences";
import { useMe } from "../../shared/person/me";
import { useAction } from "../../shared/query/useAction";
import { Section } from "../Section";
import { ColumnsForm } from "./ColumnsForm";
import { DateOrder, type Order } from "./DateOrder";
import { LeftOut } from "./LeftOut";
import { PreviewedHabits } from "./PreviewedHabits";
import { type ImportDetail, importQuery } from "./queries";

/** A file that waits: what would be made of it, what is asked, and the start. */
export function Waiting({ file }: { file: ImportDetail }) {
  const { t } = useLingui();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { time_zone: zone } = useMe();
  const { preview } = file;
  const path = { import_id: file.id };
  const changes = () => [["imports"]];
  const asked = preview.asks.map(({ question }) => question);
  const order = ((file.choices as { date_order?: Order }).date_order ?? null) as Order | null;
  const isOpen = asked.includes("columns") || (asked.includes("date_order") && !order);
  const [isChoosing, setIsChoosing] = useState(false);
  const answer = useAction({
    send: (date_order: Order) =>
      answered(api.PATCH("/imports/{import_id}/", { params: { path }, body: { date_order } })),
    after: (changed) => client.setQueryData(importQuery(file.id).queryKey, changed),
    changes: () => [],
  });
  const start = useAction({
    send: () => api.POST("/imports/{import_id}/start/", { params: { path } }),
    changes,
  });
  const forget = useAction({
    send: () => api.DELETE("/imports/{import_id}/", { params: { path } }),
    changes: () => [["imports", "all"]],
    done: () => t`The file is forgotten.`,
    after: () => void navigate("/me/data"),
  });
  const isEmpty = !preview.habits.length && !isOpen;
  const made = preview.habits.filter(({ is_known: isKnown }) => !isKnown).length;
  const known = preview.habits.length - made;
  return (
    <>
      {file.code ? (
        <Alert color="red" role="alert">
          <Trans>The file cannot be read with these answers.</Trans> {sentenceOf({ code: file.code })}
        </Alert>
      ) : null}
      {asked.includes("columns") || isChoosing ? (
        <Section
          title={t`Which column is what?`}
          text={<Trans>The first line of the file names the columns.</Trans>}
        >
          <ColumnsForm key={JSON.stringify(preview.columns?.chosen)} file={file} />
        </Section>
      ) : null}
      {asked.includes("date_order") ? (
        <DateOrder chosen={answer.pending ?? order} onChoose={answer.run} />
      ) : null}
      {preview.habits.length ? (
        <Section
          title={t`What would be made`}
          text={[
            made ? plural(made, { one: "# new habit", other: "# new habits" }) : "",
            known ? plural(known, { one: "# that you have already", other: "# that you have already" }) : "",
            plural(preview.days, { one: "# day", other: "# days" }),
          ]
            .filter(Boolean)
            .join(", ")}
        >
          <PreviewedHabits file={file} />
        </Section>
      ) : null}
      <LeftOut file={file} />
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          {isEmpty ? (
            <Trans>There is no habit in this file, so there is nothing to start.</Trans>
          ) : (
            <Trans>
              Days that you have filled in here already stay as they are. Nothing is made before you start;
              the file is kept until {dayAndTime(file.expires_at, zone)}.
            </Trans>
          )}
        </Text>
        {isOpen ? (
          <Text size="sm" role="status">
            <Trans>Answer the question above first.</Trans>
          </Text>
        ) : null}
        <Group>
          {isEmpty ? null : (
            <Button
              disabled={isOpen || answer.isPending}
              loading={start.isPending}
              onClick={() => start.run()}
            >
              <Trans>Start</Trans>
            </Button>
          )}
          {preview.columns && !asked.includes("columns") && !isChoosing ? (
            <Button variant="default" onClick={() => setIsChoosing(true)}>
              <Trans>Choose other columns</Trans>
            </Button>
          ) : null}
          <Button variant="default" loading={forget.isPending} onClick={() => forget.run()}>
            <Trans>Forget the file</Trans>
          </Button>
        </Group>
      </Stack>
    </>
  );
}
