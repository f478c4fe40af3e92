import { Trans, useLingui } from "@lingui/react/macro";
import { NativeSelect, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { Unreached } from "../../shared/channels/Unreached";
import { useLimits } from "../../shared/person/limits";
import type { HabitForm } from "./HabitFields";
import { LimitFields } from "./LimitFields";

/** What, how often, when and where, as one sentence. */
export function SentenceFields({ form }: { form: HabitForm }) {
  const { t } = useLingui();
  const { habit } = useLimits();
  const isLimit = form.values.goal_type === "at_most";
  const often = [
    { value: "daily", label: isLimit ? t`each day` : t`every day` },
    { value: "weekly", label: isLimit ? t`each week` : t`every week` },
    { value: "monthly", label: isLimit ? t`each month` : t`every month` },
    { value: "yearly", label: isLimit ? t`each year` : t`every year` },
  ].filter(({ value }) => !isLimit || habit.limit_frequencies.includes(value));
  return (
    <Stack gap="sm">
      <TextInput
        label={isLimit ? t`I will do less of this` : t`I will`}
        placeholder={isLimit ? t`drink coffee` : t`do ten push-ups`}
        maxLength={habit.text_length}
        autoComplete="off"
        {...form.getInputProps("action")}
      />
      {isLimit ? <LimitFields form={form} /> : null}
      <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm">
        <NativeSelect
          label={isLimit ? t`counted` : t`how often`}
          data={often}
          {...form.getInputProps("frequency")}
        />
        <TextInput type="time" label={t`at`} {...form.getInputProps("time")} />
        <TextInput
          label={t`in`}
          placeholder={t`the living room`}
          maxLength={habit.text_length}
          autoComplete="off"
          {...form.getInputProps("place")}
        />
      </SimpleGrid>
      <Text size="sm" c="dimmed">
        <Trans>The time is when you are reminded. Leave out what you do not know yet.</Trans>
      </Text>
      {form.values.time ? <Unreached /> : null}
    </Stack>
  );
}
