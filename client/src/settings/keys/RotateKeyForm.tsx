import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { NativeSelect } from "@mantine/core";
import { answered, api } from "../../shared/api/client";
import { DraftForm } from "../../shared/forms/DraftForm";
import { named } from "../../shared/forms/named";
import { PasswordNow } from "../../shared/forms/PasswordNow";
import { useDraftForm } from "../../shared/forms/useDraftForm";
import { useAct } from "../../shared/query/useAct";

/** Makes a key that replaces another, which works on for a while. */
export function RotateKeyForm({
  id,
  which,
  onMade,
}: {
  id: number;
  which: string;
  onMade: (text: string) => void;
}) {
  const { t } = useLingui();
  const { refresh } = useAct(["keys"], ["access"]);
  const draft = useDraftForm({
    name: `replace key ${id}`,
    initial: { grace_hours: "24", password: "" },
    secret: ["password"],
    validate: ({ password }) => ({ password: password ? null : t`Enter your password.` }),
    send: async ({ grace_hours, password }) => {
      const body = { grace_hours: Number(grace_hours), password };
      const { text } = await answered(api.POST("/keys/{id}/rotate/", { params: { path: { id } }, body }));
      refresh();
      onMade(text);
    },
  });
  const hours = (count: number) => ({
    value: String(count),
    label: plural(count, { one: "# hour more", other: "# hours more" }),
  });
  return (
    <DraftForm
      draft={draft}
      submit={<Trans>Make the new key</Trans>}
      label={t`Replace: ${which}`}
      guarded={false}
    >
      <NativeSelect
        {...named(t`The old key works`, which)}
        data={[{ value: "0", label: t`no longer` }, hours(1), hours(24), hours(168)]}
        {...draft.form.getInputProps("grace_hours")}
      />
      <PasswordNow {...named(t`Your password`, which)} {...draft.form.getInputProps("password")} />
    </DraftForm>
  );
}
