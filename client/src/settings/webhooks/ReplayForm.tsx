import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { TextInput } from "@mantine/core";
import { answered, api } from "../../shared/api/client";
import { DraftForm } from "../../shared/forms/DraftForm";
import { useDraftForm } from "../../shared/forms/useDraftForm";
import { useAct } from "../../shared/query/useAct";
import { notify } from "../../shared/ui/notices";

/** Sends again what happened since a time. */
export function ReplayForm({ id }: { id: number }) {
  const { t } = useLingui();
  const { refresh } = useAct(["webhooks", id]);
  const draft = useDraftForm({
    name: `replay ${id}`,
    initial: { since: "" },
    validate: ({ since }) => ({ since: since ? null : t`Choose a time in the past.` }),
    send: async ({ since }) => {
      const body = { since: new Date(since).toISOString() };
      const { queued } = await answered(
        api.POST("/webhooks/{id}/replay/", { params: { path: { id } }, body }),
      );
      refresh();
      notify({
        kind: "done",
        text: plural(queued, { one: "# event is sent again.", other: "# events are sent again." }),
      });
    },
  });
  return (
    <DraftForm
      draft={draft}
      submit={<Trans>Send again since then</Trans>}
      label={t`Send again`}
      guarded={false}
    >
      <TextInput
        type="datetime-local"
        label={t`Since`}
        description={t`By the clock of this device.`}
        {...draft.form.getInputProps("since")}
      />
    </DraftForm>
  );
}
