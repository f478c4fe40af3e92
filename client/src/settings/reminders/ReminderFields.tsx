import { useLingui } from "@lingui/react/macro";
import { TextInput } from "@mantine/core";
import { named } from "../../shared/forms/named";
import { useLimits } from "../../shared/person/limits";
import { Switched } from "../../shared/ui/Switched";

export type ReminderValues = { local_time: string; text: string; is_on: boolean };

/** As far as these fields need a form. */
interface Form {
  getInputProps: (name: keyof ReminderValues, options?: { type: "checkbox" }) => object;
}

export function bodyOfReminder({ local_time, text, is_on }: ReminderValues) {
  return { local_time: local_time || null, text: text.trim(), is_on };
}

/** When, what it says, and whether it is on. `of`: the habit, where several such forms are on a screen. */
export function ReminderFields({ form, of = "" }: { form: Form; of?: string }) {
  const { t } = useLingui();
  const { reminder } = useLimits();
  return (
    <>
      <TextInput
        type="time"
        {...named(t`Time`, of)}
        description={t`If empty: the time of the habit.`}
        {...form.getInputProps("local_time")}
      />
      <TextInput
        {...named(t`Text`, of)}
        description={t`If empty: the sentence of the habit.`}
        maxLength={reminder.text_length}
        {...form.getInputProps("text")}
      />
      <Switched {...named(t`On`, of)} {...form.getInputProps("is_on", { type: "checkbox" })} />
    </>
  );
}
