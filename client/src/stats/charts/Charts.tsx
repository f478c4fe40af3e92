import { useLingui } from "@lingui/react/macro";
import { useMe } from "../../shared/person/me";
import type { Stats } from "../queries";
import classes from "../stats.module.css";
import { type Bar, hourBars, monthBars, weekBars, weekdayBars } from "./bars";
import { ChartCard } from "./ChartCard";

/** The charts of a range. One of a single bar, or of nothing, is left out. */
export function Charts({ stats, of }: { stats: Stats; of: string }) {
  const { t } = useLingui();
  const me = useMe();
  const charts: [title: string, bars: Bar[]][] = [
    [t`By week`, weekBars(stats)],
    [t`By month`, monthBars(stats)],
    [t`By weekday`, weekdayBars(stats, me.week_starts_on)],
    [t`By hour`, hourBars(stats)],
  ];
  return (
    <div className={classes.charts}>
      {charts
        .filter(([, bars]) => bars.length > 1 && bars.some(({ completed }) => completed > 0))
        .map(([title, bars]) => (
          <ChartCard key={title} title={title} of={of} bars={bars} />
        ))}
    </div>
  );
}
