import type { Schema } from "../../shared/api/types";

/** What is shared ("streak 34", "year 34", "achievement 1"), and for how many days ("": until it is revoked). */
export const NEW_SHARE = { what: "", days: "" };

const MS = 24 * 60 * 60_000; // of a day

/** Return the body of the request for a new link. */
export function bodyOf({ what, days }: typeof NEW_SHARE, now: Date): Schema<"NewShare"> {
  const [kind = "", number] = what.split(" ");
  const id = Number(number);
  const expires_at = days ? new Date(now.valueOf() + Number(days) * MS).toISOString() : null;
  if (kind === "achievement") return { kind, achievement: id, expires_at };
  return { kind: kind === "year" ? "year" : "streak", track: id, expires_at };
}
