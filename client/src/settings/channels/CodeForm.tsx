import { Trans, useLingui } from "@lingui/react/macro";
import { Alert, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { answered, api } from "../../shared/api/client";
import { channelsQuery } from "../../shared/channels/queries";
import { DraftForm } from "../../shared/forms/DraftForm";
import { useDraftForm } from "../../shared/forms/useDraftForm";
import { useLimits } from "../../shared/person/limits";
import { readAgain } from "../../shared/query/useAction";
import { notify } from "../../shared/ui/notices";
import type { ChannelName } from "./queries";
import { SentState } from "./SentState";
import { useSent } from "./useSent";

/** The code that the first message on a channel carries. */
export function CodeForm({ channel }: { channel: ChannelName }) {
  const { t } = useLingui();
  const client = useQueryClient();
  const { code_digits: digits, code_minutes: minutes } = useLimits().channel;
  const sent = useSent(channel, "channel_code", true);
  const draft = useDraftForm({
    name: `code of ${channel}`,
    initial: { code: "" },
    secret: ["code"],
    validate: ({ code }) => ({
      code: digitsOf(code).length === digits ? null : t`The code has ${digits} digits.`,
    }),
    send: async ({ code }) => {
      const path = { channel_name: channel };
      const body = { code: digitsOf(code) };
      const confirmed = await answered(
        api.POST("/channels/{channel_name}/confirm/", { params: { path }, body }),
      );
      client.setQueryData(channelsQuery.queryKey, confirmed);
      notify({ kind: "done", text: t`Connected.` });
      void readAgain(client, channelsQuery.queryKey, ["access"]);
    },
  });
  return (
    <Alert color="pine" title={t`A message with a code is sent there`}>
      <DraftForm draft={draft} submit={<Trans>Confirm</Trans>} label={t`Confirm the channel`} guarded={false}>
        <SentState message={sent.data} />
        <TextInput
          label={t`Code`}
          description={t`It works for ${minutes} minutes. Until then what was connected before stays in use.`}
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={digits + 4}
          {...draft.form.getInputProps("code")}
        />
      </DraftForm>
    </Alert>
  );
}

/** People write a code with spaces, too. */
function digitsOf(code: string): string {
  return code.replaceAll(/\D/g, "");
}
