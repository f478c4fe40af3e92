import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { NativeSelect } from "@mantine/core";
import { api } from "../../shared/api/client";
import type { Schema } from "../../shared/api/types";
import { DraftForm } from "../../shared/forms/DraftForm";
import { useDraftForm } from "../../shared/forms/useDraftForm";
import { useAct } from "../../shared/query/useAct";
import { notify } from "../../shared/ui/notices";

const MINUTES = [0, 5, 10, 15, 30, 60, 120];

/** When the calendar rings; sending it turns the calendar on. */
export function AlarmForm({ calendar }: { calendar: Schema<"Calendar"> }) {
  const { t } = useLingui();
  const { refresh } = useAct(["calendar"], ["access"]);
  const present = calendar.alarm_minutes;
  const draft = useDraftForm({
    name: "calendar",
    initial: { alarm_minutes: present === null ? "" : String(present) },
    send: async ({ alarm_minutes: minutes }) => {
      await api.PUT("/calendar/", { body: { alarm_minutes: minutes === "" ? null : Number(minutes) } });
      refresh();
      notify({ kind: "done", text: calendar.is_on ? t`Saved.` : t`The calendar is on.` });
    },
  });
  const choices = present === null || MINUTES.includes(present) ? MINUTES : [...MINUTES, present];
  return (
    <DraftForm
      draft={draft}
      submit={calendar.is_on ? <Trans>Save the alarm</Trans> : <Trans>Turn on</Trans>}
      label={t`Alarm`}
    >
      <NativeSelect
        label={t`The calendar rings`}
        data={[
          { value: "", label: t`never` },
          ...choices.map((count) => ({
            value: String(count),
            label: count
              ? plural(count, { one: "# minute before", other: "# minutes before" })
              : t`at the time itself`,
          })),
        ]}
        {...draft.form.getInputProps("alarm_minutes")}
      />
    </DraftForm>
  );
}
