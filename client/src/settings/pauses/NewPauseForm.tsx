import { Trans, useLingui } from "@lingui/react/macro";
import { NativeSelect, SimpleGrid, TextInput } from "@mantine/core";
import { api } from "../../shared/api/client";
import type { Track } from "../../shared/api/types";
import { useToday } from "../../shared/dates/useToday";
import { DraftForm } from "../../shared/forms/DraftForm";
import { useDraftForm } from "../../shared/forms/useDraftForm";
import { useAct } from "../../shared/query/useAct";
import { notify } from "../../shared/ui/notices";
import { PAUSE_KEYS } from "./keys";

export function NewPauseForm({ tracks }: { tracks: Track[] }) {
  const { t } = useLingui();
  const today = useToday();
  const { refresh } = useAct(...PAUSE_KEYS);
  const draft = useDraftForm({
    name: "new pause",
    initial: { track: "", first_day: today, last_day: "" },
    validate: ({ first_day }) => ({ first_day: first_day ? null : t`Choose the first day.` }),
    send: async ({ track, first_day, last_day }) => {
      await api.POST("/pauses/", {
        body: { track: track ? Number(track) : null, first_day, last_day: last_day || null },
      });
      const name = tracks.find(({ id }) => String(id) === track)?.habit.name ?? t`All habits`;
      refresh();
      draft.form.setValues({ last_day: "" });
      notify({ kind: "done", text: t`Paused: ${name}` });
    },
  });
  const { form } = draft;
  return (
    <DraftForm draft={draft} submit={<Trans>Pause</Trans>} label={t`New pause`}>
      <NativeSelect
        label={t`What`}
        data={[
          { value: "", label: t`All habits` },
          ...tracks.map(({ id, habit }) => ({ value: String(id), label: habit.name })),
        ]}
        {...form.getInputProps("track")}
      />
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <TextInput type="date" label={t`First day`} {...form.getInputProps("first_day")} />
        <TextInput
          type="date"
          label={t`Last day`}
          description={t`If empty: until you end it.`}
          inputWrapperOrder={["label", "input", "description", "error"]}
          {...form.getInputProps("last_day")}
        />
      </SimpleGrid>
    </DraftForm>
  );
}
