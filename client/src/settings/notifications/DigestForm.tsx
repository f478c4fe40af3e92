import { Trans, useLingui } from "@lingui/react/macro";
import { NativeSelect, SimpleGrid, Text } from "@mantine/core";
import { answered, api } from "../../shared/api/client";
import type { Schema } from "../../shared/api/types";
import { dayAndTime, weekdayName } from "../../shared/dates/format";
import { DraftForm } from "../../shared/forms/DraftForm";
import { useDraftForm } from "../../shared/forms/useDraftForm";
import { useMe } from "../../shared/person/me";
import { useAct } from "../../shared/query/useAct";
import { notify } from "../../shared/ui/notices";
import { Switched } from "../../shared/ui/Switched";

type Digest = Schema<"Digest">;
const WEEKDAYS: readonly Digest["weekday"][] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

export function DigestForm({ digest }: { digest: Digest }) {
  const { t } = useLingui();
  const me = useMe();
  const { refresh } = useAct(["digest"]);
  const draft = useDraftForm({
    name: "digest",
    initial: { is_on: digest.is_on, weekday: digest.weekday, hour: String(digest.hour) },
    send: async ({ is_on, weekday, hour }) => {
      await answered(api.PUT("/digest/", { body: { is_on, weekday, hour: Number(hour) } }));
      refresh();
      notify({ kind: "done", text: t`Saved.` });
    },
  });
  const { form } = draft;
  return (
    <DraftForm draft={draft} submit={<Trans>Save the summary</Trans>} label={t`Weekly summary`}>
      <Switched
        label={t`Send me a summary each week`}
        {...form.getInputProps("is_on", { type: "checkbox" })}
      />
      <SimpleGrid cols={2}>
        <NativeSelect
          label={t`Day`}
          data={WEEKDAYS.map((day) => ({ value: day, label: weekdayName(day) }))}
          {...form.getInputProps("weekday")}
        />
        <NativeSelect
          label={t`At`}
          data={Array.from({ length: 24 }, (_, hour) => ({
            value: String(hour),
            label: `${String(hour).padStart(2, "0")}:00`,
          }))}
          {...form.getInputProps("hour")}
        />
      </SimpleGrid>
      {digest.next_at ? (
        <Text size="sm" c="dimmed">
          <Trans>The next one: {dayAndTime(digest.next_at, me.time_zone)}.</Trans>
        </Text>
      ) : null}
    </DraftForm>
  );
}
