/** Return the instant at which a key made for some days ends; null for one without an end. */
export function expiryOf(days: string, now: Date): string | null {
  return days ? new Date(now.valueOf() + Number(days) * 86_400_000).toISOString() : null;
}
