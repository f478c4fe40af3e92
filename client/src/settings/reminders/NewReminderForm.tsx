import { Trans, useLingui } from "@lingui/react/macro";
import { NativeSelect } from "@mantine/core";
import { answered, api } from "../../shared/api/client";
import type { Track } from "../../shared/api/types";
import { DraftForm } from "../../shared/forms/DraftForm";
import { useDraftForm } from "../../shared/forms/useDraftForm";
import { useAct } from "../../shared/query/useAct";
import { notify } from "../../shared/ui/notices";
import { bodyOfReminder, ReminderFields, type ReminderValues } from "./ReminderFields";

export function NewReminderForm({ tracks }: { tracks: Track[] }) {
  const { t } = useLingui();
  const { refresh } = useAct(["reminders"], ["track"]);
  const draft = useDraftForm<ReminderValues & { track: string }>({
    name: "new reminder",
    initial: { track: String(tracks[0]?.id ?? ""), local_time: "", text: "", is_on: true },
    send: async (values) => {
      const { habit } = await answered(
        api.POST("/reminders/", { body: { track: Number(values.track), ...bodyOfReminder(values) } }),
      );
      refresh();
      draft.form.setValues({ local_time: "", text: "" });
      notify({ kind: "done", text: t`Added: ${habit}` });
    },
  });
  return (
    <DraftForm draft={draft} submit={<Trans>Add the reminder</Trans>} label={t`Add a reminder`}>
      <NativeSelect
        label={t`Habit`}
        data={tracks.map(({ id, habit }) => ({ value: String(id), label: habit.name }))}
        {...draft.form.getInputProps("track")}
      />
      <ReminderFields form={draft.form} />
    </DraftForm>
  );
}
