import { useLingui } from "@lingui/react/macro";
import type { RuleValues } from "./RuleFields";

/** How a day's value is made, in words. */
export function useAggregations(): Record<RuleValues["aggregation"], string> {
  const { t } = useLingui();
  return {
    sum: t`the sum of the values`,
    max: t`the greatest value`,
    last: t`the last value`,
    count: t`the number of events`,
    duration: t`the minutes from start to end`,
  };
}
