// Schedules, streaks and amounts as text.

export const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
export const WEEKDAY_NAMES = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const PERIODS = { daily: "day", weekly: "week", monthly: "month", yearly: "year" };

/** "3 days", "1 week", "4 × 3 days" */
export function inUnits(count, unit) {
  if (!(unit in { day: 1, week: 1, month: 1, year: 1 })) return `${count} × ${unit}`;
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

/** "3 times a week on Mon, Wed, Fri" */
export function scheduleText(habit) {
  if (habit.limit_per_period != null) return `At most ${amountText(habit.limit_per_period, habit.unit)} a ${PERIODS[habit.frequency]}`;
  const days = habit.weekdays.map((day) => day[0].toUpperCase() + day.slice(1)).join(", ");
  let text;
  if (habit.frequency === "daily") {
    text = habit.interval > 1 ? `Every ${habit.interval} days` : days || "Every day";
  } else {
    const times = habit.times_per_period;
    text = `${times === 1 ? "Once" : `${times} times`} a ${PERIODS[habit.frequency]}${days ? `, on ${days}` : ""}`;
  }
  return hasAmount(habit) ? `${text} · ${amountText(habit.daily_amount, habit.unit)}` : text;
}

/** "10 push-ups", "2.5 km" */
export function amountText(amount, unit) {
  return `${plain(amount)} ${unit}`.trim();
}

/** "2 of 3 cups this week, 1 left" */
export function limitText(limit, unit, periodUnit) {
  const used = `${plain(limit.amount)} of ${amountText(limit.limit, unit)} ${periodName(periodUnit)}`;
  return limit.verdict === "broken" ? `Over the limit: ${used}` : `${used}, ${plain(limit.left)} left`;
}

/** Return what is used of a limit after today's amount has changed; null where nothing is known of the period. */
export function limitAfter(limit, before, amount) {
  if (!limit) return null;
  const used = Number(limit.amount) - Number(before ?? 0) + Number(amount ?? 0);
  const most = Number(limit.limit);
  return { ...limit, amount: String(used), left: String(Math.max(0, most - used)), verdict: used > most ? "broken" : "open" };
}

/** Return whether the habit is kept by doing at most an amount. */
export function isLimit(habit) {
  return habit.goal_type === "at_most";
}

/** "10.00" as "10" */
export function plain(amount) {
  return amount == null ? "" : String(Number(amount));
}

/** Return whether the habit has an amount, not only done or not done. */
export function hasAmount(habit) {
  return Number(habit.daily_amount) !== 1 || habit.unit !== "";
}

/** Return the name of the current period: "this week" */
export function periodName(unit) {
  return unit === "day" ? "today" : unit in { week: 1, month: 1, year: 1 } ? `this ${unit}` : `in these ${unit}`;
}
