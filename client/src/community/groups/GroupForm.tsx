import { useLingui } from "@lingui/react/macro";
import { Button, Stack, Switch, Textarea, TextInput } from "@mantine/core";
import type { Schema } from "../../shared/api/types";
import { FormProblems } from "../../shared/forms/FormProblems";
import { LeaveGuard } from "../../shared/forms/LeaveGuard";
import { RestoredDraft } from "../../shared/forms/RestoredDraft";
import { useDraftForm } from "../../shared/forms/useDraftForm";
import { useLimits } from "../../shared/person/limits";
import { useLeaveForm } from "../parts/useLeaveForm";

export type GroupValues = Required<Schema<"NewGroup">>;

export function GroupForm({
  name,
  initial,
  save,
  button,
}: {
  name: string;
  initial: GroupValues;
  /** Send the values, and return the path to go to. */
  save: (values: GroupValues) => Promise<string>;
  button: string;
}) {
  const { t } = useLingui();
  const limits = useLimits().group;
  const [isSent, leaveFor] = useLeaveForm();
  const { form, submit, isSending, problems, isRestored, discard } = useDraftForm<GroupValues>({
    name,
    initial,
    validate: (values) => ({ name: values.name.trim() ? null : t`Give it a name.` }),
    send: async (values) => leaveFor(await save({ ...values, name: values.name.trim() })),
  });
  return (
    <form onSubmit={submit} noValidate>
      <LeaveGuard isDirty={form.isDirty() && !isSent} onDiscard={discard} />
      <Stack>
        <RestoredDraft isRestored={isRestored} onDiscard={discard} />
        <FormProblems problems={problems} />
        <TextInput label={t`Name`} maxLength={limits.name_length} {...form.getInputProps("name")} />
        <Textarea
          label={t`Description`}
          autosize
          minRows={2}
          maxLength={limits.description_length}
          {...form.getInputProps("description")}
        />
        <Switch
          size="md"
          label={t`Open: everyone can find and join it`}
          description={t`Otherwise people join by the invitation link.`}
          {...form.getInputProps("is_open", { type: "checkbox" })}
        />
        <Button type="submit" loading={isSending}>
          {button}
        </Button>
      </Stack>
    </form>
  );
}
