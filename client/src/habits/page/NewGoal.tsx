import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Group, NumberInput, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { answered, api } from "../../shared/api/client";
import type { Track } from "../../shared/api/types";
import { FormProblems } from "../../shared/forms/FormProblems";
import { LeaveGuard } from "../../shared/forms/LeaveGuard";
import { useDraftForm } from "../../shared/forms/useDraftForm";
import { AmountInput } from "../../shared/numbers/AmountInput";
import { parseAmount } from "../../shared/numbers/amounts";
import { amountToEdit } from "../../shared/numbers/format";
import { amountProblem } from "../../shared/numbers/problems";
import { useLimits } from "../../shared/person/limits";
import { goalsQuery } from "../queries";

/** Sets a goal of a habit. The amount is asked for only where the habit is measured. */
export function NewGoal({ track }: { track: Track }) {
  const { t } = useLingui();
  const client = useQueryClient();
  const { goal: limits } = useLimits();
  const { daily_amount: daily, unit } = track.habit;
  const isMeasured = unit !== "" || Number(daily) !== 1;
  const { form, submit, isSending, problems, discard } = useDraftForm({
    name: `goal ${track.id}`,
    initial: { days: "30", amount: isMeasured ? amountToEdit(daily) : "", deadline: "" },
    validate: ({ days, amount }) => ({
      days:
        Number(days) >= limits.days.min && Number(days) <= limits.days.max
          ? null
          : t`Enter a number of days from ${limits.days.min} to ${limits.days.max}.`,
      amount: amount ? amountProblem(amount, limits.amount) : null,
    }),
    send: async ({ days, amount, deadline }) => {
      const parsed = parseAmount(amount);
      const body = {
        track: track.id,
        days: Number(days),
        deadline: deadline || null,
        ...("amount" in parsed ? { amount: parsed.amount } : {}),
      };
      await answered(api.POST("/goals/", { body }));
      await client.invalidateQueries({ queryKey: goalsQuery(track).queryKey });
      discard();
    },
  });
  return (
    <form onSubmit={submit} noValidate>
      <LeaveGuard isDirty={form.isDirty()} onDiscard={discard} />
      <FormProblems problems={problems} />
      <Group align="end">
        <NumberInput
          label={t`Days`}
          w="6rem"
          allowDecimal={false}
          allowNegative={false}
          key={form.key("days")}
          {...form.getInputProps("days")}
        />
        {isMeasured ? (
          <AmountInput
            label={unit ? t`Amount a day, in ${unit}` : t`Amount a day`}
            key={form.key("amount")}
            {...form.getInputProps("amount")}
          />
        ) : null}
        <TextInput
          type="date"
          label={t`Deadline (empty: none)`}
          key={form.key("deadline")}
          {...form.getInputProps("deadline")}
        />
        <Button type="submit" variant="default" loading={isSending}>
          <Trans>Set the goal</Trans>
        </Button>
      </Group>
    </form>
  );
}
