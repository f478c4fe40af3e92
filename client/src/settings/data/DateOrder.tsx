import { Trans, useLingui } from "@lingui/react/macro";
import { Radio, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import type { Schema } from "../../shared/api/types";
import { dayAndMonth } from "../../shared/dates/format";
import { Picked } from "../../shared/ui/Picked";

export type Order = NonNullable<Schema<"PreviewAnswers">["date_order"]>;

/** Whether 3/4 is a day in April or in March: no day of the file tells. */
export function DateOrder({ chosen, onChoose }: { chosen: Order | null; onChoose: (order: Order) => void }) {
  const { t } = useLingui();
  const choices: [Order, string, ReactNode][] = [
    ["D/M/Y", t`The day comes first`, <Trans key="d">3/4 is {dayAndMonth("2025-04-03")}</Trans>],
    ["M/D/Y", t`The month comes first`, <Trans key="m">3/4 is {dayAndMonth("2025-03-04")}</Trans>],
  ];
  return (
    <Radio.Group
      size="md"
      label={t`Does the day or the month come first?`}
      description={t`No day of the file tells. Look at the days below: they change with your answer.`}
      value={chosen}
      onChange={(order) => onChoose(order as Order)}
    >
      <Stack gap={0} mt="xs">
        {choices.map(([order, label, example]) => (
          <Picked
            key={order}
            value={order}
            label={
              <span>
                {label}{" "}
                <Text span size="sm" c="dimmed">
                  {example}
                </Text>
              </span>
            }
          />
        ))}
      </Stack>
    </Radio.Group>
  );
}
