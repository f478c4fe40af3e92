import { useLingui } from "@lingui/react/macro";
import { Button, NativeSelect, Stack, Switch, Textarea, TextInput } from "@mantine/core";
import type { Schema } from "../../shared/api/types";
import { FormProblems } from "../../shared/forms/FormProblems";
import { LeaveGuard } from "../../shared/forms/LeaveGuard";
import { RestoredDraft } from "../../shared/forms/RestoredDraft";
import { useDraftForm } from "../../shared/forms/useDraftForm";
import { useLimits } from "../../shared/person/limits";
import { useLeaveForm } from "../parts/useLeaveForm";

/** The habit by its id as a text, since it is chosen from a list. */
export type ChallengeValues = Required<Omit<Schema<"NewChallenge">, "habit">> & { habit: string };

export function ChallengeForm({
  name,
  initial,
  habits,
  save,
  button,
}: {
  name: string;
  initial: ChallengeValues;
  /** Habits to choose from; none if it is fixed. */
  habits?: { value: string; label: string }[];
  /** Send the values, and return the path to go to. */
  save: (values: ChallengeValues) => Promise<string>;
  button: string;
}) {
  const { t } = useLingui();
  const limits = useLimits().challenge;
  const [isSent, leaveFor] = useLeaveForm();
  const { form, submit, isSending, problems, isRestored, discard } = useDraftForm<ChallengeValues>({
    name,
    initial,
    validate: (values) => ({
      name: values.name.trim() ? null : t`Give it a name.`,
      first_day: values.first_day ? null : t`Choose the first day.`,
      last_day: !values.last_day
        ? t`Choose the last day.`
        : values.last_day < values.first_day
          ? t`The last day cannot be before the first.`
          : null,
    }),
    send: async (values) => leaveFor(await save({ ...values, name: values.name.trim() })),
  });
  return (
    <form onSubmit={submit} noValidate>
      <LeaveGuard isDirty={form.isDirty() && !isSent} onDiscard={discard} />
      <Stack>
        <RestoredDraft isRestored={isRestored} onDiscard={discard} />
        <FormProblems problems={problems} />
        {habits ? (
          <NativeSelect
            size="md"
            label={t`Habit`}
            description={t`All members do this habit.`}
            data={habits}
            {...form.getInputProps("habit")}
          />
        ) : null}
        <TextInput label={t`Name`} maxLength={limits.name_length} {...form.getInputProps("name")} />
        <Textarea
          label={t`Description`}
          autosize
          minRows={2}
          maxLength={limits.description_length}
          {...form.getInputProps("description")}
        />
        <TextInput type="date" label={t`First day`} {...form.getInputProps("first_day")} />
        <TextInput
          type="date"
          label={t`Last day`}
          description={t`It belongs to the challenge.`}
          min={form.values.first_day}
          {...form.getInputProps("last_day")}
        />
        <Switch
          size="md"
          label={t`Public: everyone can find and join it`}
          description={t`Otherwise people join by your invitation link. A public challenge needs a published habit.`}
          {...form.getInputProps("is_public", { type: "checkbox" })}
        />
        <Button type="submit" loading={isSending}>
          {button}
        </Button>
      </Stack>
    </form>
  );
}
