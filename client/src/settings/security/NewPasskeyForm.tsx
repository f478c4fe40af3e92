import { Trans, useLingui } from "@lingui/react/macro";
import { TextInput } from "@mantine/core";
import { DraftForm } from "../../shared/forms/DraftForm";
import { PasswordNow } from "../../shared/forms/PasswordNow";
import { useDraftForm } from "../../shared/forms/useDraftForm";
import { addPasskey } from "../../shared/passkeys/ceremonies";
import { useAct } from "../../shared/query/useAct";
import { notify } from "../../shared/ui/notices";

/** Adds a passkey: the browser asks where to keep it. */
export function NewPasskeyForm({ onAdded }: { onAdded: () => void }) {
  const { t } = useLingui();
  const { refresh } = useAct(["passkeys"], ["access"]);
  const draft = useDraftForm({
    name: "new passkey",
    initial: { name: "", password: "" },
    secret: ["password"],
    validate: ({ name, password }) => ({
      name: name.trim() ? null : t`Enter a name.`,
      password: password ? null : t`Enter your password.`,
    }),
    send: async ({ name, password }) => {
      await addPasskey(name.trim(), password);
      notify({ kind: "done", text: t`Added: ${name.trim()}.` });
      refresh();
      onAdded();
    },
  });
  return (
    <DraftForm draft={draft} submit={<Trans>Add it</Trans>} label={t`Add a passkey`} guarded={false}>
      <TextInput
        label={t`Name of the passkey`}
        description={t`For example the device that keeps it.`}
        autoComplete="off"
        maxLength={100}
        {...draft.form.getInputProps("name")}
      />
      <PasswordNow
        visibilityToggleButtonProps={{ "aria-label": t`Show the password, to add a passkey` }}
        label={t`Your password, to add a passkey`}
        {...draft.form.getInputProps("password")}
      />
    </DraftForm>
  );
}
