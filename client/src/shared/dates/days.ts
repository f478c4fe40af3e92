// Days as "YYYY-MM-DD", which compare and sort as texts. Arithmetic is in UTC, where every day has 24 hours.

export type Day = string;

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const MS = 86_400_000;

export function isDay(text: string | undefined): text is Day {
  return text !== undefined && DAY.test(text) && addDays(text, 0) === text;
}

export function addDays(day: Day, count: number): Day {
  const at = new Date(Date.parse(`${day}T00:00:00Z`) + count * MS);
  return Number.isNaN(at.valueOf()) ? "" : at.toISOString().slice(0, 10);
}

export function daysBetween(first: Day, last: Day): number {
  return Math.round((Date.parse(`${last}T00:00:00Z`) - Date.parse(`${first}T00:00:00Z`)) / MS);
}

/** Return the number of the weekday, from 0 for Monday. */
export function weekdayOf(day: Day): number {
  return (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7;
}

export const WEEK_STARTS = { mon: 0, sat: 5, sun: 6 } as const;
export type WeekStart = keyof typeof WEEK_STARTS;

/** Return the seven days of the week that contains `day`. */
export function weekOf(day: Day, starts: WeekStart): Day[] {
  const first = addDays(day, -((weekdayOf(day) - WEEK_STARTS[starts] + 7) % 7));
  return Array.from({ length: 7 }, (_, index) => addDays(first, index));
}

/** Return all days of the month that contains `day`. */
export function monthOf(day: Day): Day[] {
  const first = `${day.slice(0, 8)}01`;
  const days: Day[] = [];
  for (let next = first; next.slice(0, 7) === first.slice(0, 7); next = addDays(next, 1)) days.push(next);
  return days;
}

/** Return the first day of the month that is `count` months later. */
export function addMonths(day: Day, count: number): Day {
  const at = new Date(`${day.slice(0, 8)}01T00:00:00Z`);
  at.setUTCMonth(at.getUTCMonth() + count);
  return at.toISOString().slice(0, 10);
}

/** Return the person's day at an instant: in their time zone, where a day starts at `startsAt` o'clock. */
export function dayAt(instant: Date, zone: string, startsAt = 0): Day {
  const parts = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    hourCycle: "h23",
  }).formatToParts(instant);
  const of = (type: string) => parts.find((part) => part.type === type)?.value ?? "";
  const day = `${of("year").padStart(4, "0")}-${of("month")}-${of("day")}`;
  return Number(of("hour")) < startsAt ? addDays(day, -1) : day;
}

/** Return this device's time zone. */
export function deviceZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}
