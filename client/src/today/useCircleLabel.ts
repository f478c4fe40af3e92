import { useLingui } from "@lingui/react/macro";
import type { DayEntry } from "../shared/api/types";
import { amountWithUnit, isLimit } from "../shared/habits/words";
import { amountText } from "../shared/numbers/format";
import { stepOf } from "./steps";

/** The name of the circle. It says what a tap does; whether a habit is done is said by its state. */
export function useCircleLabel(entry: DayEntry, isStepped: boolean): string {
  const { t } = useLingui();
  const { habit } = entry.track;
  const name = habit.name;
  if (!isStepped) return t`Done: ${name}`;
  const step = isLimit(habit) ? "1" : amountText(stepOf(entry.daily_amount));
  const soFar = amountWithUnit(entry.amount ?? 0, habit.unit);
  if (entry.status === "completed" && !isLimit(habit)) return t`Undo the last step: ${name}, ${soFar} so far`;
  return t`Add ${step}: ${name}, ${soFar} so far`;
}
