import { useLingui } from "@lingui/react/macro";
import { SimpleGrid, TextInput } from "@mantine/core";
import { AmountInput } from "../../shared/numbers/AmountInput";
import { useLimits } from "../../shared/person/limits";
import type { HabitForm } from "./HabitFields";

/** How much is allowed, of a habit to do less. */
export function LimitFields({ form }: { form: HabitForm }) {
  const { t } = useLingui();
  const { habit } = useLimits();
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
      <AmountInput
        label={t`At most`}
        description={t`0 means none at all.`}
        {...form.getInputProps("limit_per_period")}
      />
      <TextInput
        label={t`Unit`}
        description={t`What is counted, such as cups.`}
        maxLength={habit.unit_length}
        {...form.getInputProps("unit")}
      />
    </SimpleGrid>
  );
}
