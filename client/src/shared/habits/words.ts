// Habits, streaks and periods in words.
import { plural, t } from "@lingui/core/macro";
import type { DayEntry, Schema } from "../api/types";
import { weekdayName } from "../dates/format";
import { amountText } from "../numbers/format";
import { currentLanguage } from "../texts/language";

type Schedule = Pick<
  Schema<"TrackedHabit">,
  "frequency" | "interval" | "weekdays" | "times_per_period" | "daily_amount" | "unit" | "limit_per_period"
>;

/** What a person intends: the server's English sentence; in another language what it is made of. */
export function sentenceText(
  habit: Pick<Schema<"TrackedHabit">, "sentence" | "action" | "name" | "time" | "place">,
): string {
  if (currentLanguage() === "en") return habit.sentence;
  return [habit.action || habit.name, habit.time, habit.place].filter(Boolean).join(" · ");
}

/** "12 days", "3 weeks", "4 × 3 days": a number of units of a streak. */
export function unitsText(count: number, unit: string): string {
  const [first = "", second] = unit.split(" ");
  if (second) return `${count} × ${unitsText(Number(first), second.replace(/s$/, ""))}`;
  switch (unit) {
    case "day":
      return plural(count, { one: "# day", other: "# days" });
    case "week":
      return plural(count, { one: "# week", other: "# weeks" });
    case "month":
      return plural(count, { one: "# month", other: "# months" });
    case "year":
      return plural(count, { one: "# year", other: "# years" });
    default:
      return `${count} ${unit}`;
  }
}

/** "10 push-ups", "2.5 km" */
export function amountWithUnit(amount: string | number, unit: string): string {
  return `${amountText(amount)} ${unit}`.trim();
}

/** Whether a habit has an amount, not only done or not done. */
export function hasAmount(habit: Pick<Schedule, "daily_amount" | "unit">): boolean {
  return Number(habit.daily_amount) !== 1 || habit.unit !== "";
}

export function isLimit(habit: { goal_type: string }): boolean {
  return habit.goal_type === "at_most";
}

/** "this week", of the period that contains the day; empty for a day. */
function periodText(unit: string): string {
  switch (unit) {
    case "day":
      return "";
    case "week":
      return t`this week`;
    case "month":
      return t`this month`;
    case "year":
      return t`this year`;
    default:
      return t`in these ${unitsText(1, unit).replace(/^1 × /, "")}`;
  }
}

/** What the period still asks: "2 of 3 this week"; empty if it is the day alone. */
export function progressText({ period }: Pick<DayEntry, "period">): string {
  if (period.unit === "day" && period.required <= 1) return "";
  const { done, required } = period;
  return `${t`${done} of ${required}`} ${periodText(period.unit)}`.trim();
}

/** How much of a limit is used: "2 of 3 cups this week". */
export function limitText(limit: NonNullable<DayEntry["limit"]>, unit: string, periodUnit: string): string {
  const used = amountText(limit.amount);
  const most = amountWithUnit(limit.limit, unit);
  const text = `${t`${used} of ${most}`} ${periodText(periodUnit)}`.trim();
  return limit.verdict === "broken" ? t`Over the limit: ${text}` : text;
}

/** "3 times a week on Mon, Wed, Fri · 10 push-ups" */
export function scheduleText(schedule: Schedule): string {
  if (schedule.limit_per_period !== null) {
    return limitScheduleText(amountWithUnit(schedule.limit_per_period, schedule.unit), schedule.frequency);
  }
  const days = schedule.weekdays.map((day) => weekdayName(day, "short")).join(", ");
  const text = `${timesText(schedule)}${days ? `, ${days}` : ""}`;
  return hasAmount(schedule) ? `${text} · ${amountWithUnit(schedule.daily_amount, schedule.unit)}` : text;
}

function limitScheduleText(most: string, frequency: Schedule["frequency"]): string {
  switch (frequency) {
    case "weekly":
      return t`At most ${most} a week`;
    case "monthly":
      return t`At most ${most} a month`;
    default:
      return t`At most ${most} a day`;
  }
}

function timesText({ frequency, interval, times_per_period: times, weekdays }: Schedule): string {
  switch (frequency) {
    case "weekly":
      return plural(times, { one: "Once a week", other: "# times a week" });
    case "monthly":
      return plural(times, { one: "Once a month", other: "# times a month" });
    case "yearly":
      return plural(times, { one: "Once a year", other: "# times a year" });
    default:
      if (interval > 1) return plural(interval, { one: "Every day", other: "Every # days" });
      return weekdays.length ? t`Weekly` : t`Every day`;
  }
}
