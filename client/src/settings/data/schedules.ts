import { scheduleText } from "../../shared/habits/words";
import type { PreviewedHabit } from "./queries";

/** Return a previewed schedule in words. */
export function previewedSchedule({ schedule }: PreviewedHabit): string {
  return scheduleText({
    frequency: schedule.frequency,
    interval: schedule.interval ?? 1,
    weekdays: schedule.weekdays ?? [],
    times_per_period: schedule.times_per_period ?? 1,
    daily_amount: schedule.daily_amount ?? "1",
    unit: schedule.unit,
    limit_per_period: schedule.limit_per_period ?? null,
  });
}
