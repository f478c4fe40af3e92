// The user's local time and local day, and the formatting of dates.

import { state } from "./state.js";

/** Return the time zone of this device. */
export function deviceZone() {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

/** Return the time zones that the browser knows, for suggestions. */
export function knownZones() {
  const zones = Intl.supportedValuesOf ? Intl.supportedValuesOf("timeZone") : [];
  return [...new Set(["UTC", deviceZone(), ...zones])].sort();
}

/** Return the user's time zone, or this device's if the browser does not know it. */
function zone() {
  try {
    return Intl.DateTimeFormat("en", { timeZone: state.me?.time_zone }).resolvedOptions().timeZone;
  } catch {
    return deviceZone();
  }
}

/** Return the local day ("2026-11-21") at an instant. Before `day_starts_at` it is the day before. */
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

/** Return the current local time of the user: "Sat 21 Nov, 10:45". */
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

/** Return an API timestamp in the user's local time: "21 Nov 2026, 07:30". */
export function moment(instant) {
  return new Date(instant).toLocaleString("en-GB", { timeZone: zone(), dateStyle: "medium", timeStyle: "short" });
}
