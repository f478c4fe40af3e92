import { useLingui } from "@lingui/react/macro";
import { Group, TextInput } from "@mantine/core";
import { useState } from "react";
import { useLimits } from "../../shared/person/limits";
import { type OwnProblem, ownProblem, type Range } from "./ranges";

/** The first and the last day; what they show changes once both make a range. */
export function OwnRange({
  range,
  onChange,
}: {
  range: Range;
  onChange: (first: string, last: string) => void;
}) {
  const { t } = useLingui();
  const limits = useLimits();
  const [first, setFirst] = useState(range.first);
  const [last, setLast] = useState(range.last);
  const problem = ownProblem(first, last, limits.progress.days);
  const sentences: Record<OwnProblem, string> = {
    missing: t`Choose both days.`,
    order: t`The last day cannot be before the first.`,
    "too long": t`Choose at most a year.`,
  };
  function change(from: string, to: string) {
    setFirst(from);
    setLast(to);
    if (!ownProblem(from, to, limits.progress.days)) onChange(from, to);
  }
  return (
    <Group gap="xs" mt="xs" align="flex-start" grow>
      <TextInput
        type="date"
        label={t`First day`}
        min={limits.habit.date.min}
        value={first}
        onChange={(event) => change(event.currentTarget.value, last)}
      />
      <TextInput
        type="date"
        label={t`Last day`}
        min={first}
        value={last}
        error={problem ? sentences[problem] : null}
        onChange={(event) => change(first, event.currentTarget.value)}
      />
    </Group>
  );
}
