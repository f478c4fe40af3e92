import { useLingui } from "@lingui/react/macro";
import type { Track } from "../../shared/api/types";
import { amountWithUnit, hasAmount } from "../../shared/habits/words";
import type { DayState } from "./days";

/** Return a function that says what a day says. */
export function useStatusText(track: Track): (state: DayState | undefined) => string {
  const { t } = useLingui();
  const { habit } = track;
  return (state) => {
    const amount = state?.amount && hasAmount(habit) ? amountWithUnit(state.amount, habit.unit) : "";
    switch (state?.status) {
      case "completed":
        return amount ? t`done, ${amount}` : t`done`;
      case "partial":
        return t`partly done, ${amount}`;
      case "counted":
        return amount || t`none`;
      case "skipped":
        return t`skipped`;
      case "missed":
        return t`not done`;
      default:
        return t`nothing marked`;
    }
  };
}
