import { Trans, useLingui } from "@lingui/react/macro";
import { SimpleGrid, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { answered, api } from "../../shared/api/client";
import { channelsQuery } from "../../shared/channels/queries";
import { DraftForm } from "../../shared/forms/DraftForm";
import { useDraftForm } from "../../shared/forms/useDraftForm";
import { tellTabs } from "../../shared/query/tabs";
import { notify } from "../../shared/ui/notices";
import { Switched } from "../../shared/ui/Switched";
import type { Channels } from "./queries";

/** From when to when messages wait. */
export function QuietHoursForm({ hours }: { hours: Channels["quiet_hours"] }) {
  const { t } = useLingui();
  const client = useQueryClient();
  const draft = useDraftForm({
    name: "quiet hours",
    initial: {
      is_on: hours !== null,
      start: hours?.start.slice(0, 5) ?? "22:00",
      end: hours?.end.slice(0, 5) ?? "07:00",
    },
    validate: ({ is_on, start, end }) => ({
      start: is_on && !start ? t`Choose a time.` : null,
      end: is_on && !end ? t`Choose a time.` : is_on && start === end ? t`Choose another time.` : null,
    }),
    send: async ({ is_on, start, end }) => {
      const quiet_hours = is_on ? { start, end } : null;
      client.setQueryData(
        channelsQuery.queryKey,
        await answered(api.PUT("/channels/", { body: { quiet_hours } })),
      );
      tellTabs(channelsQuery.queryKey);
      notify({ kind: "done", text: t`Saved.` });
    },
  });
  const { form } = draft;
  return (
    <DraftForm draft={draft} submit={<Trans>Save the quiet hours</Trans>} label={t`Quiet hours`}>
      <Switched label={t`Keep quiet at night`} {...form.getInputProps("is_on", { type: "checkbox" })} />
      {form.values.is_on ? (
        <SimpleGrid cols={2}>
          <TextInput type="time" label={t`From`} {...form.getInputProps("start")} />
          <TextInput type="time" label={t`Until`} {...form.getInputProps("end")} />
        </SimpleGrid>
      ) : null}
    </DraftForm>
  );
}
