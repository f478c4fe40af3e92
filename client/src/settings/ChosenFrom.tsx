import { Checkbox, Code, Group, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Ticked } from "../shared/ui/Ticked";

/** Several of some choices, each with its name in the API. */
export function ChosenFrom<Choice extends string>({
  label,
  description,
  choices,
  value,
  onChange,
  error,
}: {
  label: string;
  description?: string;
  choices: Record<Choice, string>;
  value?: Choice[];
  onChange?: (chosen: Choice[]) => void;
  error?: ReactNode;
}) {
  return (
    <Checkbox.Group
      label={label}
      description={description}
      value={value}
      onChange={(chosen) => onChange?.(chosen as Choice[])}
      error={error}
      size="md"
    >
      <Stack gap={0} mt="xs">
        {(Object.entries(choices) as [Choice, string][]).map(([name, text]) => (
          <Ticked
            key={name}
            value={name}
            label={
              <Group gap={6}>
                <Text span>{text}</Text>
                <Code>{name}</Code>
              </Group>
            }
          />
        ))}
      </Stack>
    </Checkbox.Group>
  );
}
