import { t } from "@lingui/core/macro";
import { parseAmount } from "./amounts";
import { amountText } from "./format";

/** Return why a text is no amount within the limits, as a sentence; null if it is one. */
export function amountProblem(text: string, limits: { min: string; max: string }): string | null {
  const parsed = parseAmount(text);
  if ("amount" in parsed) {
    const value = Number(parsed.amount);
    if (value >= Number(limits.min) && value <= Number(limits.max)) return null;
    const [least, most] = [amountText(limits.min), amountText(limits.max)];
    return t`Enter an amount from ${least} to ${most}.`;
  }
  if (parsed.problem === "invalid") return t`Enter a number, such as 0.5 or 0,5.`;
  const { written } = parsed;
  const [first, second] = parsed.readings;
  return t`“${written}” can mean ${first} or ${second}. Write it one of these ways.`;
}
