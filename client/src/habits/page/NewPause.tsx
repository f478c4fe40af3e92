import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Group, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { answered, api } from "../../shared/api/client";
import type { Track } from "../../shared/api/types";
import { useToday } from "../../shared/dates/useToday";
import { FormProblems } from "../../shared/forms/FormProblems";
import { LeaveGuard } from "../../shared/forms/LeaveGuard";
import { useDraftForm } from "../../shared/forms/useDraftForm";

/** Pauses a habit, with or without an end. */
export function NewPause({ track }: { track: Track }) {
  const { t } = useLingui();
  const client = useQueryClient();
  const today = useToday();
  const { form, submit, isSending, problems, discard } = useDraftForm({
    name: `pause ${track.id}`,
    initial: { first_day: today, last_day: "" },
    validate: ({ first_day }) => ({ first_day: first_day ? null : t`Choose the first day.` }),
    send: async ({ first_day, last_day }) => {
      await answered(
        api.POST("/pauses/", { body: { track: track.id, first_day, last_day: last_day || null } }),
      );
      await client.invalidateQueries({ queryKey: ["pauses"] });
      await client.invalidateQueries({ queryKey: ["days"] });
      discard();
    },
  });
  return (
    <form onSubmit={submit} noValidate>
      <LeaveGuard isDirty={form.isDirty()} onDiscard={discard} />
      <FormProblems problems={problems} />
      <Group align="end">
        <TextInput
          type="date"
          label={t`First day`}
          key={form.key("first_day")}
          {...form.getInputProps("first_day")}
        />
        <TextInput
          type="date"
          label={t`Last day (empty: no end)`}
          key={form.key("last_day")}
          {...form.getInputProps("last_day")}
        />
        <Button type="submit" variant="default" loading={isSending}>
          <Trans>Pause</Trans>
        </Button>
      </Group>
    </form>
  );
}
