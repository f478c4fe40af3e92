// Days and instants in words, in the language that is shown.
import { currentLocale } from "../texts/language";
import { type Day, dayAt, WEEK_STARTS, type WeekStart } from "./days";

const made = new Map<string, Intl.DateTimeFormat>();

function format(options: Intl.DateTimeFormatOptions, at: Date): string {
  const name = `${currentLocale()} ${JSON.stringify(options)}`;
  const known = made.get(name) ?? new Intl.DateTimeFormat(currentLocale(), options);
  made.set(name, known);
  return known.format(at);
}

function ofDay(options: Intl.DateTimeFormatOptions, day: Day): string {
  return format({ ...options, timeZone: "UTC" }, new Date(`${day}T00:00:00Z`));
}

/** "Thursday, 26 November" */
export function longDay(day: Day): string {
  return ofDay({ weekday: "long", day: "numeric", month: "long" }, day);
}

/** "26 Nov 2026" */
export function shortDay(day: Day): string {
  return ofDay({ day: "numeric", month: "short", year: "numeric" }, day);
}

/** "26 Nov" */
export function dayAndMonth(day: Day): string {
  return ofDay({ day: "numeric", month: "short" }, day);
}

/** "26" */
export function dayOfMonth(day: Day): string {
  return ofDay({ day: "numeric" }, day);
}

/** "Thu" */
export function shortWeekday(day: Day): string {
  return ofDay({ weekday: "short" }, day);
}

/** "November 2026" */
export function monthName(day: Day): string {
  return ofDay({ month: "long", year: "numeric" }, day).replace(/ г\.$/, "");
}

/** "Nov" */
export function shortMonth(day: Day): string {
  return ofDay({ month: "short" }, day);
}

/** Names of the weekdays in the order of the person's week. */
export function weekdayNames(starts: WeekStart, length: "short" | "long" = "short"): string[] {
  // 5 January 1970 was a Monday.
  return Array.from({ length: 7 }, (_, index) =>
    ofDay({ weekday: length }, `1970-01-${String(5 + ((WEEK_STARTS[starts] + index) % 7)).padStart(2, "0")}`),
  );
}

/** The name of a weekday as the API writes it: "mon". */
export function weekdayName(name: string, length: "short" | "long" = "long"): string {
  const index = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].indexOf(name);
  return weekdayNames("mon", length)[index] ?? name;
}

/** "07:30", from an instant, in the person's time zone. */
export function timeOfDay(instant: string, zone: string): string {
  return format({ hour: "2-digit", minute: "2-digit", timeZone: zone }, new Date(instant));
}

/** "26 Nov 2026, 07:30" */
export function dayAndTime(instant: string, zone: string): string {
  return format({ dateStyle: "medium", timeStyle: "short", timeZone: zone }, new Date(instant));
}

/** "today", "yesterday", "in 3 days" for days near `today`; else the date. */
export function relativeDay(day: Day, today: Day): string {
  const count = Math.round((Date.parse(day) - Date.parse(today)) / 86_400_000);
  if (Math.abs(count) > 6) return shortDay(day);
  return new Intl.RelativeTimeFormat(currentLocale(), { numeric: "auto" }).format(count, "day");
}

/** The person's today. */
export function today(me: { time_zone: string; day_starts_at: number }, now = new Date()): Day {
  return dayAt(now, me.time_zone, me.day_starts_at);
}
