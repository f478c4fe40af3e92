// What charts and their tables show.
import { t } from "@lingui/core/macro";
import { WEEK_STARTS, type WeekStart } from "../../shared/dates/days";
import { dayAndMonth, monthName, shortDay, shortMonth, weekdayNames } from "../../shared/dates/format";
import type { Stats } from "../queries";

export interface Bar {
  /** What the bar is of: "Monday", "07:00". */
  name: string;
  /** A short name below the bar. */
  short: string;
  completed: number;
  /** From 0 to 1; null where no period ended; undefined where it is not counted. */
  rate?: number | null;
}

export function weekBars({ weekly }: Pick<Stats, "weekly">): Bar[] {
  return weekly.map(({ first, last, completed, success_rate: rate }) => ({
    name: first === last ? shortDay(first) : `${shortDay(first)} – ${shortDay(last)}`,
    short: dayAndMonth(first),
    completed,
    rate,
  }));
}

export function monthBars({ monthly }: Pick<Stats, "monthly">): Bar[] {
  return monthly.map(({ first, completed, success_rate: rate }) => ({
    name: monthName(first),
    short: shortMonth(first),
    completed,
    rate,
  }));
}

/** Return a bar for each weekday, in the order of the person's week. The API counts from Monday. */
export function weekdayBars({ by_weekday }: Pick<Stats, "by_weekday">, starts: WeekStart): Bar[] {
  const shorts = weekdayNames(starts);
  return weekdayNames(starts, "long").map((name, index) => ({
    name,
    short: shorts[index] ?? name,
    completed: by_weekday[(WEEK_STARTS[starts] + index) % 7] ?? 0,
  }));
}

export function hourBars({ by_hour }: Pick<Stats, "by_hour">): Bar[] {
  return by_hour.map((completed, hour) => ({ name: hourText(hour), short: String(hour), completed }));
}

/** "07:00" */
export function hourText(hour: number): string {
  return `${String(hour).padStart(2, "0")}:00`;
}

/** Return the chart in a sentence: what is largest. */
export function chartSentence(bars: Bar[]): string {
  const best = bars.reduce<Bar | null>(
    (most, bar) => (bar.completed > (most?.completed ?? 0) ? bar : most),
    null,
  );
  if (!best) return t`Nothing was completed.`;
  const { name, completed } = best;
  return t`Most: ${name}, ${completed}`;
}
