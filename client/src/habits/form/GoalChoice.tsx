import { useLingui } from "@lingui/react/macro";
import { Button, Group, Input, Text } from "@mantine/core";
import type { HabitForm } from "./HabitFields";

/** Whether it is something to do, something to do less, or a pleasant habit. */
export function GoalChoice({ form }: { form: HabitForm }) {
  const { t } = useLingui();
  const chosen = form.values.goal_type;
  const goals = [
    { value: "at_least", label: t`Do it` },
    { value: "at_most", label: t`Do less` },
    { value: "pleasant", label: t`Pleasant` },
  ] as const;
  const hints = {
    at_least: t`Something to do, again and again.`,
    at_most: t`Something to keep within a limit, or to stop. It is kept by staying within it.`,
    pleasant: t`A reward for other habits. It is never due itself, and is not counted.`,
  };
  function choose(goal: (typeof goals)[number]["value"]) {
    form.setFieldValue("goal_type", goal);
    if (goal === "at_most" && form.values.frequency === "yearly") form.setFieldValue("frequency", "weekly");
  }
  return (
    <div>
      <Group gap="xs" role="group" aria-label={t`What kind of habit`}>
        {goals.map(({ value, label }) => (
          <Button
            key={value}
            variant={chosen === value ? "filled" : "default"}
            aria-pressed={chosen === value}
            onClick={() => choose(value)}
          >
            {label}
          </Button>
        ))}
      </Group>
      <Text size="sm" c="dimmed" mt={4}>
        {hints[chosen]}
      </Text>
      {form.errors.goal_type ? <Input.Error role="alert">{form.errors.goal_type}</Input.Error> : null}
    </div>
  );
}
