import { Trans, useLingui } from "@lingui/react/macro";
import { TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { channelsQuery } from "../../shared/channels/queries";
import { DraftForm } from "../../shared/forms/DraftForm";
import { PasswordNow } from "../../shared/forms/PasswordNow";
import { useDraftForm } from "../../shared/forms/useDraftForm";
import { readAgain } from "../../shared/query/useAction";
import { notify } from "../../shared/ui/notices";
import type { ChannelName } from "./queries";

/** A field of the form that connects a channel. Secret ones are not kept as a draft. */
export interface ConnectField {
  label: string;
  description: ReactNode;
  maxLength: number;
  /** What to say if it is empty; without it the field may be. */
  empty?: string;
}

/** Sends a message with a code to an address that the person gives. */
export function ConnectForm<Name extends string>({
  channel,
  fields,
  send,
}: {
  channel: ChannelName;
  fields: Record<Name, ConnectField>;
  send: (values: Record<Name | "password", string>) => Promise<unknown>;
}) {
  const { t } = useLingui();
  const client = useQueryClient();
  const names = Object.keys(fields) as Name[];
  type Values = Record<Name | "password", string>;
  const draft = useDraftForm<Values>({
    name: `connect ${channel}`,
    initial: Object.fromEntries([...names, "password"].map((name) => [name, ""])) as Values,
    secret: [...names, "password"],
    validate: (values) => {
      const missing = names.map((name) => [name, values[name].trim() ? null : (fields[name].empty ?? null)]);
      return {
        ...Object.fromEntries(missing),
        password: values.password ? null : t`Enter your password.`,
      };
    },
    send: async (values) => {
      const given = names.map((name) => [name, values[name].trim()]);
      try {
        await send({ ...values, ...Object.fromEntries(given) });
      } finally {
        // Also if the answer was lost: the code may be awaited all the same.
        void readAgain(client, channelsQuery.queryKey, ["messages"]);
      }
      draft.discard();
      notify({ kind: "done", text: t`A message with a code is on its way. Enter the code here.` });
    },
  });
  return (
    <DraftForm draft={draft} submit={<Trans>Send the code</Trans>} label={t`Connect`} guarded={false}>
      {names.map((name) => {
        const { label, description, maxLength } = fields[name];
        return (
          <TextInput
            key={name}
            label={label}
            description={description}
            maxLength={maxLength}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            {...draft.form.getInputProps(name)}
          />
        );
      })}
      <PasswordNow
        description={t`Messages can tick habits. We tell you by mail when a channel is connected.`}
        {...draft.form.getInputProps("password")}
      />
    </DraftForm>
  );
}
