import { useLingui } from "@lingui/react/macro";
import { SimpleGrid, Textarea, TextInput } from "@mantine/core";
import { useLimits } from "../../shared/person/limits";
import { Switched } from "../../shared/ui/Switched";
import type { HabitForm } from "./HabitFields";

/** Name, description, duration, first and last day, and whether others can follow it. */
export function DetailFields({ form }: { form: HabitForm }) {
  const { t } = useLingui();
  const { habit } = useLimits();
  const { min, max } = habit.duration;
  const isPleasant = form.values.goal_type === "pleasant";
  return (
    <>
      {isPleasant ? null : (
        <TextInput
          label={t`Name`}
          description={t`If empty, it is what you will do.`}
          maxLength={habit.name_length}
          {...form.getInputProps("name")}
        />
      )}
      <Textarea
        label={t`Description`}
        autosize
        minRows={2}
        maxLength={habit.description_length}
        {...form.getInputProps("description")}
      />
      <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm">
        <TextInput
          label={t`Duration in seconds`}
          description={t`${min} to ${max}: a habit is short.`}
          inputMode="numeric"
          {...form.getInputProps("duration")}
        />
        {isPleasant ? null : (
          <>
            <TextInput
              type="date"
              label={t`First day`}
              description={t`If empty: today.`}
              {...form.getInputProps("start_date")}
            />
            <TextInput
              type="date"
              label={t`Last day`}
              description={t`If empty: no end.`}
              {...form.getInputProps("end_date")}
            />
          </>
        )}
      </SimpleGrid>
      <Switched
        label={t`Publish it, so that others can follow it`}
        {...form.getInputProps("is_published", { type: "checkbox" })}
      />
    </>
  );
}
