import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Group, Stack, Text, Textarea } from "@mantine/core";
import { useState } from "react";
import type { Track } from "../../shared/api/types";
import type { Day } from "../../shared/dates/days";
import { longDay } from "../../shared/dates/format";
import { hasAmount, isLimit } from "../../shared/habits/words";
import { AmountInput } from "../../shared/numbers/AmountInput";
import { parseAmount } from "../../shared/numbers/amounts";
import { amountToEdit } from "../../shared/numbers/format";
import { amountProblem } from "../../shared/numbers/problems";
import { useLimits } from "../../shared/person/limits";
import { Dialog } from "../../shared/ui/Dialog";
import { dayActions } from "../../today/actions";
import { heldNote } from "../../today/heldNotes";
import { type DayState, entryOf } from "./days";

interface Props {
  track: Track;
  day: Day;
  state: DayState | undefined;
  onClose: () => void;
}

/** Changes what a day of a habit says: done, an amount, skipped, nothing; and its note. */
export function DayEditor({ track, day, state, onClose }: Props) {
  const { t } = useLingui();
  const { max } = useLimits().log.amount;
  const acts = dayActions(entryOf(track, day, state));
  const [note, setNote] = useState(state?.note || heldNote(track.id, day));
  const [amount, setAmount] = useState(amountToEdit(state?.amount ?? null));
  const [problem, setProblem] = useState<string | null>(null);
  const { habit } = track;
  const isCounted = isLimit(habit);
  const isMeasured = isCounted || hasAmount(habit);
  const before = state?.note ?? "";
  /** Do it, and write the note to what the day then is. */
  function finish(act: () => void, after: DayState | undefined) {
    act();
    if (note.trim() !== before) dayActions(entryOf(track, day, after)).note(note.trim());
    onClose();
  }
  function save() {
    if (!isMeasured || amount === amountToEdit(state?.amount ?? null)) return finish(() => {}, state);
    const parsed = parseAmount(amount || "0");
    const wrong = amountProblem(amount || "0", { min: "0", max });
    if (wrong || !("amount" in parsed)) return setProblem(wrong);
    finish(() => acts.setAmount(parsed.amount), Number(parsed.amount) || isCounted ? MARKED : undefined);
  }
  return (
    <Dialog opened onClose={onClose} title={longDay(day)}>
      <Stack>
        {isMeasured ? (
          <AmountInput
            label={habit.unit ? t`Amount, in ${habit.unit}` : t`Amount`}
            value={amount}
            error={problem}
            onChange={(event) => setAmount(event.currentTarget.value)}
          />
        ) : null}
        <Textarea
          label={t`Note`}
          autosize
          minRows={2}
          maxRows={8}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        {state ? null : (
          <Text size="sm" c="dimmed">
            <Trans>It stays on this device until you mark the day, and is then saved with it.</Trans>
          </Text>
        )}
        <Group gap="xs">
          {isCounted || state?.status === "completed" ? null : (
            <Button onClick={() => finish(acts.complete, MARKED)} data-autofocus>
              <Trans>Done</Trans>
            </Button>
          )}
          <Button variant="default" onClick={save}>
            <Trans>Save</Trans>
          </Button>
          {state ? (
            <Button variant="default" onClick={() => finish(acts.clear, undefined)}>
              <Trans>Clear the day</Trans>
            </Button>
          ) : (
            <Button variant="default" onClick={() => finish(acts.skip, MARKED)}>
              <Trans>Skip</Trans>
            </Button>
          )}
        </Group>
      </Stack>
    </Dialog>
  );
}

// A day that has just been marked can have a note.
const MARKED: DayState = { status: "completed", amount: null, note: "" };
