import { Trans, useLingui } from "@lingui/react/macro";
import { TextInput } from "@mantine/core";
import { answered, api } from "../../shared/api/client";
import type { Schema } from "../../shared/api/types";
import { DraftForm } from "../../shared/forms/DraftForm";
import { PasswordNow } from "../../shared/forms/PasswordNow";
import { useDraftForm } from "../../shared/forms/useDraftForm";
import { useLimits } from "../../shared/person/limits";
import { useAct } from "../../shared/query/useAct";
import { ChosenFrom } from "../ChosenFrom";
import { ExpirySelect } from "./ExpirySelect";
import { expiryOf } from "./expiry";
import { type Scope, useScopes } from "./useScopes";

type Values = { name: string; scopes: Scope[]; expires_at: string; password: string };

export function NewKeyForm({ onMade }: { onMade: (made: Schema<"CreatedKey">) => void }) {
  const { t } = useLingui();
  const { key } = useLimits();
  const { refresh } = useAct(["keys"], ["access"]);
  const scopes = useScopes();
  const draft = useDraftForm<Values>({
    name: "new key",
    initial: { name: "", scopes: [], expires_at: "", password: "" },
    secret: ["password"],
    validate: (values) => ({
      name: values.name.trim() ? null : t`Name the program.`,
      scopes: values.scopes.length ? null : t`Choose at least one thing that it may do.`,
      password: values.password ? null : t`Enter your password.`,
    }),
    send: async (values) => {
      const body = {
        ...values,
        name: values.name.trim(),
        expires_at: expiryOf(values.expires_at, new Date()),
      };
      const made = await answered(api.POST("/keys/", { body }));
      refresh();
      onMade(made);
    },
  });
  const { form } = draft;
  return (
    <DraftForm draft={draft} submit={<Trans>Make the key</Trans>} label={t`New key`}>
      <TextInput
        label={t`Name`}
        description={t`Of the program that will use it.`}
        maxLength={key.name_length}
        autoComplete="off"
        {...form.getInputProps("name")}
      />
      <ChosenFrom label={t`It may`} choices={scopes} {...form.getInputProps("scopes")} />
      <ExpirySelect {...form.getInputProps("expires_at")} />
      <PasswordNow
        description={t`We tell you by mail of each new key.`}
        {...form.getInputProps("password")}
      />
    </DraftForm>
  );
}
