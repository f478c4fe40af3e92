import { plural, t } from "@lingui/core/macro";
import type { Schema } from "../../shared/api/types";
import { weekdayName } from "../../shared/dates/format";
import { amountText } from "../../shared/numbers/format";

type Planned = Pick<
  Schema<"TrackedHabit">,
  "frequency" | "interval" | "weekdays" | "times_per_period" | "daily_amount" | "unit" | "limit_per_period"
>;

/** "Every day", "3 times a week: Mon, Wed, Fri · 10 pages" */
export function scheduleText(habit: Planned): string {
  const amount =
    Number(habit.daily_amount) === 1 && !habit.unit ? "" : measured(habit.daily_amount, habit.unit);
  if (habit.limit_per_period !== null) return limitText(habit, measured(habit.limit_per_period, habit.unit));
  return [timesText(habit), amount].filter(Boolean).join(" · ");
}

function measured(amount: string, unit: string): string {
  return `${amountText(amount)} ${unit}`.trim();
}

function limitText({ frequency }: Planned, most: string): string {
  if (frequency === "daily") return t`At most ${most} a day`;
  if (frequency === "weekly") return t`At most ${most} a week`;
  return t`At most ${most} a month`;
}

function timesText({ frequency, interval, weekdays, times_per_period: times }: Planned): string {
  const days = weekdays.map((day) => weekdayName(day, "short")).join(", ");
  if (frequency === "daily") {
    if (interval > 1) return plural(interval, { one: "Every # day", other: "Every # days" });
    return days || t`Every day`;
  }
  const often = oftenText(frequency, times);
  return days ? `${often}: ${days}` : often;
}

function oftenText(frequency: "weekly" | "monthly" | "yearly", times: number): string {
  if (frequency === "weekly") return plural(times, { one: "# time a week", other: "# times a week" });
  if (frequency === "monthly") return plural(times, { one: "# time a month", other: "# times a month" });
  return plural(times, { one: "# time a year", other: "# times a year" });
}
