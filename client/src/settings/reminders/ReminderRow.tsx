import { Trans, useLingui } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { useState } from "react";
import { api } from "../../shared/api/client";
import type { Schema } from "../../shared/api/types";
import { dayAndTime } from "../../shared/dates/format";
import { DraftForm } from "../../shared/forms/DraftForm";
import { useDraftForm } from "../../shared/forms/useDraftForm";
import { useMe } from "../../shared/person/me";
import { useAct } from "../../shared/query/useAct";
import { notify } from "../../shared/ui/notices";
import { ask } from "../../shared/ui/questions";
import { Row } from "../../shared/ui/Row";
import { bodyOfReminder, ReminderFields, type ReminderValues } from "./ReminderFields";

type Reminder = Schema<"Reminder">;

export function ReminderRow({ reminder }: { reminder: Reminder }) {
  const { t } = useLingui();
  const me = useMe();
  const { act } = useAct(["reminders"], ["track"]);
  const [isEdited, setIsEdited] = useState(false);
  const { id, habit, time } = reminder;
  const which = time ? t`${habit} at ${time}` : habit;
  async function remove() {
    const agreed = await ask({
      title: t`Remove the reminder of “${habit}”?`,
      text: t`The habit is kept.`,
      yes: t`Remove`,
      isDangerous: true,
    });
    if (agreed) await act(() => api.DELETE("/reminders/{id}/", { params: { path: { id } } }), t`Removed.`);
  }
  return (
    <Row
      title={habit}
      marks={[{ text: time ?? t`No time` }, ...(reminder.is_on ? [] : [{ text: t`off`, color: "red" }])]}
      lines={[
        reminder.text,
        reminder.local_time ? "" : t`At the time of the habit.`,
        reminder.next_at ? t`Next: ${dayAndTime(reminder.next_at, me.time_zone)}` : "",
      ]}
      actions={
        <>
          <Button
            variant="default"
            aria-expanded={isEdited}
            aria-label={t`Edit the reminder: ${which}`}
            onClick={() => setIsEdited(!isEdited)}
          >
            <Trans>Edit</Trans>
          </Button>
          <Button
            variant="subtle"
            aria-label={t`Remove the reminder: ${which}`}
            onClick={() => void remove()}
          >
            <Trans>Remove</Trans>
          </Button>
        </>
      }
    >
      {isEdited ? (
        <ReminderEditor reminder={reminder} which={which} onSaved={() => setIsEdited(false)} />
      ) : null}
    </Row>
  );
}

function ReminderEditor({
  reminder,
  which,
  onSaved,
}: {
  reminder: Reminder;
  which: string;
  onSaved: () => void;
}) {
  const { t } = useLingui();
  const { refresh } = useAct(["reminders"], ["track"]);
  const draft = useDraftForm<ReminderValues>({
    name: `reminder ${reminder.id}`,
    initial: { local_time: reminder.local_time ?? "", text: reminder.text, is_on: reminder.is_on },
    send: async (values) => {
      const params = { path: { id: reminder.id } };
      await api.PATCH("/reminders/{id}/", { params, body: bodyOfReminder(values) });
      refresh();
      notify({ kind: "done", text: t`Saved: ${reminder.habit}` });
      onSaved();
    },
  });
  return (
    <DraftForm draft={draft} submit={<Trans>Save the reminder</Trans>} label={t`Reminder: ${which}`}>
      <ReminderFields form={draft.form} of={which} />
    </DraftForm>
  );
}
