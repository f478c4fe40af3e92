import { useLingui } from "@lingui/react/macro";
import type { ReactNode } from "react";
import { weekdayName } from "../shared/dates/format";
import { countText, percentText } from "../shared/numbers/format";
import { hourText } from "./charts/bars";
import { Figure } from "./Figure";
import type { Stats } from "./queries";
import classes from "./stats.module.css";
import { before, rateText, signed } from "./words";

/** The numbers of a range, each with that of the range before. */
export function StatsFigures({
  stats,
  strength,
  children,
}: {
  stats: Stats;
  strength: number | null;
  children: ReactNode;
}) {
  const { t } = useLingui();
  const { completed, success_rate: rate, compared, best_weekday, best_hour } = stats;
  const change = signed(compared.completed);
  const was = countText(before(completed, compared.completed));
  return (
    <dl className={classes.figures}>
      <Figure name={t`Completed days`} value={countText(completed)} note={t`${change}; before: ${was}`} />
      <Figure name={t`Success`} value={rateText(rate)} note={rateNote()} />
      <Figure name={t`Strength`} value={rateText(strength)} />
      {children}
      <Figure
        name={t`Best time`}
        value={best_weekday ? weekdayName(best_weekday) : "–"}
        note={best_hour === null ? undefined : t`around ${hourText(best_hour)}`}
      />
    </dl>
  );

  function rateNote(): string | undefined {
    if (rate === null || compared.success_rate === null) return undefined;
    const points = signed(Math.round(compared.success_rate * 100));
    const old = percentText(before(rate, compared.success_rate));
    return t`${points} points; before: ${old}`;
  }
}
