import { Trans, useLingui } from "@lingui/react/macro";
import { TextInput } from "@mantine/core";
import { DraftForm } from "../shared/forms/DraftForm";
import { named } from "../shared/forms/named";
import { useDraftForm } from "../shared/forms/useDraftForm";
import { notify } from "../shared/ui/notices";

/** Gives one of a list another name. `of`: which one, `draft`: the name of the form's draft. */
export function RenameForm({
  of,
  name,
  draft: draftName,
  send,
}: {
  of: string;
  name: string;
  draft: string;
  send: (name: string) => Promise<void>;
}) {
  const { t } = useLingui();
  const draft = useDraftForm({
    name: draftName,
    initial: { name },
    validate: (values) => ({ name: values.name.trim() ? null : t`Enter a name.` }),
    send: async (values) => {
      await send(values.name.trim());
      notify({ kind: "done", text: t`Saved.` });
    },
  });
  return (
    <DraftForm draft={draft} submit={<Trans>Save the name</Trans>} label={t`Rename: ${of}`}>
      <TextInput {...named(t`Name`, of)} maxLength={100} {...draft.form.getInputProps("name")} />
    </DraftForm>
  );
}
