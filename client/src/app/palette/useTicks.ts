import { useLingui } from "@lingui/react/macro";
import { useMemo } from "react";
import type { DayEntry } from "../../shared/api/types";
import { hasAmount, isLimit } from "../../shared/habits/words";
import { amountText } from "../../shared/numbers/format";
import { notify } from "../../shared/ui/notices";
import { dayActions } from "../../today/actions";
import { stepOf } from "../../today/steps";
import type { Item } from "./found";

/** Return what is left to do today, each as something that does it. */
export function useTicks(entries: DayEntry[] | undefined): Item[] {
  const { t } = useLingui();
  return useMemo(
    () =>
      (entries ?? []).flatMap((entry): Item[] => {
        const { habit, id } = entry.track;
        const { name } = habit;
        const acts = dayActions(entry);
        const isCounted = isLimit(habit);
        if (!isCounted && (entry.status === "completed" || entry.status === "skipped")) return [];
        const tell = (text: string) =>
          notify({ kind: "done", text, action: { label: t`Undo`, run: acts.undo } });
        if (isCounted || hasAmount({ ...habit, daily_amount: entry.daily_amount })) {
          const step = isCounted ? "1.00" : stepOf(entry.daily_amount);
          const label = t`Add ${amountText(step)}: ${name}`;
          return [
            {
              id: `add ${id}`,
              label,
              run: () => {
                acts.add(step);
                tell(label);
              },
            },
          ];
        }
        const label = t`Done: ${name}`;
        return [
          {
            id: `done ${id}`,
            label,
            run: () => {
              acts.complete();
              tell(label);
            },
          },
        ];
      }),
    [entries, t],
  );
}
