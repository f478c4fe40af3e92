import { Trans, useLingui } from "@lingui/react/macro";
import { NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useLimits } from "../../shared/person/limits";
import type { HabitForm } from "./HabitFields";
import { pleasantQuery } from "./queries";

/** What follows the habit: nothing, a reward, or a pleasant habit. `habitId`: of the habit itself. */
export function RewardFields({ form, habitId }: { form: HabitForm; habitId?: number }) {
  const { t } = useLingui();
  const { habit } = useLimits();
  const pleasant = useQuery(pleasantQuery).data?.filter(({ id }) => id !== habitId) ?? [];
  const kind = form.values.reward_kind;
  const kinds = [
    { value: "none", label: t`Nothing` },
    { value: "reward", label: t`A reward` },
    { value: "linked", label: t`A pleasant habit of mine`, disabled: !pleasant.length && kind !== "linked" },
    { value: "new", label: t`A new pleasant habit` },
  ];
  return (
    <Stack gap="sm">
      <NativeSelect label={t`What follows it`} data={kinds} {...form.getInputProps("reward_kind")} />
      {kind === "linked" || kind === "new" ? (
        <Text size="sm" c="dimmed">
          <Trans>
            This is stacking: do the habit first, then at once something that you enjoy. What is followed by
            something pleasant is easier to repeat.
          </Trans>
        </Text>
      ) : null}
      {kind === "reward" ? (
        <TextInput
          label={t`Reward`}
          placeholder={t`a good coffee`}
          maxLength={habit.text_length}
          {...form.getInputProps("reward")}
        />
      ) : null}
      {kind === "linked" ? (
        <NativeSelect
          label={t`Pleasant habit`}
          data={[
            { value: "", label: t`Choose …` },
            ...pleasant.map(({ id, name }) => ({ value: String(id), label: name })),
          ]}
          {...form.getInputProps("linked_habit")}
        />
      ) : null}
      {kind === "new" ? (
        <TextInput
          label={t`New pleasant habit`}
          description={t`It is made together with this habit.`}
          maxLength={habit.name_length}
          {...form.getInputProps("new_pleasant")}
        />
      ) : null}
    </Stack>
  );
}
