// The person's own time: their zone's wall clock, their local day, and dates as people read them.

import { state } from "./state.js";

/** The zone of this device. */
export function deviceZone() {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

/** Zones that the browser can name, for suggestions. */
export function knownZones() {
  const zones = Intl.supportedValuesOf ? Intl.supportedValuesOf("timeZone") : [];
  return [...new Set(["UTC", deviceZone(), ...zones])].sort();
}

/** The person's zone, or this device's where the browser does not know it. */
function zone() {
  try {
    return Intl.DateTimeFormat("en", { timeZone: state.me?.time_zone }).resolvedOptions().timeZone;
  } catch {
    return deviceZone();
  }
}

/** The local day ("2026-11-21") at an instant: before `day_starts_at` it is still the day before. */
export function localDay(now = new Date()) {
  const parts = Intl.DateTimeFormat("en", {
    timeZone: zone(),
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    hourCycle: "h23",
  }).formatToParts(now);
  const part = Object.fromEntries(parts.map(({ type, value }) => [type, value]));
  const date = `${part.year}-${part.month}-${part.day}`;
  return Number(part.hour) < (state.me?.day_starts_at ?? 0) ? dayBefore(date) : date;
}

export function dayBefore(day) {
  const date = new Date(`${day}T12:00:00Z`);
  date.setUTCDate(date.getUTCDate() - 1);
  return date.toISOString().slice(0, 10);
}

/** 0 (Monday) to 6. */
export function weekdayOf(day) {
  return (new Date(`${day}T12:00:00Z`).getUTCDay() + 6) % 7;
}

/** "Saturday, 21 November" */
export function longDay(day) {
  return new Date(`${day}T12:00:00Z`).toLocaleDateString("en-GB", {
    timeZone: "UTC",
    weekday: "long",
    day: "numeric",
    month: "long",
  });
}

/** "21 Nov 2026" */
export function shortDay(day) {
  return new Date(`${day}T12:00:00Z`).toLocaleDateString("en-GB", { timeZone: "UTC", dateStyle: "medium" });
}

/** "Sat 21 Nov, 10:45" on the person's wall clock. */
export function clockNow() {
  return new Date().toLocaleString("en-GB", {
    timeZone: zone(),
    weekday: "short",
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
  });
}

/** An instant of the API's on the person's wall clock: "21 Nov 2026, 07:30". */
export function moment(instant) {
  return new Date(instant).toLocaleString("en-GB", { timeZone: zone(), dateStyle: "medium", timeStyle: "short" });
}
