import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Stack } from "@mantine/core";
import { type FormEvent, useState } from "react";
import type { DayEntry } from "../shared/api/types";
import { AmountInput } from "../shared/numbers/AmountInput";
import { parseAmount } from "../shared/numbers/amounts";
import { amountToEdit } from "../shared/numbers/format";
import { amountProblem } from "../shared/numbers/problems";
import { useLimits } from "../shared/person/limits";
import type { DayActions } from "./actions";

/** A small form for the amount of the day. */
export function AmountEditor({
  entry,
  acts,
  onClose,
}: {
  entry: DayEntry;
  acts: DayActions;
  onClose: () => void;
}) {
  const { t } = useLingui();
  const { max } = useLimits().log.amount;
  const [text, setText] = useState(amountToEdit(entry.amount));
  const [problem, setProblem] = useState<string | null>(null);
  const { name, unit } = entry.track.habit;
  function save(event: FormEvent) {
    event.preventDefault();
    const written = text.trim() || "0";
    const wrong = amountProblem(written, { min: "0", max });
    const parsed = parseAmount(written);
    if (wrong || !("amount" in parsed)) return setProblem(wrong);
    acts.setAmount(parsed.amount);
    onClose();
  }
  return (
    <form onSubmit={save} noValidate>
      <Stack gap="xs">
        <AmountInput
          label={unit ? t`${name}, in ${unit}` : name}
          value={text}
          error={problem}
          onChange={(event) => setText(event.currentTarget.value)}
          onFocus={(event) => event.currentTarget.select()}
          data-autofocus
        />
        <Button type="submit">
          <Trans>Save</Trans>
        </Button>
      </Stack>
    </form>
  );
}
