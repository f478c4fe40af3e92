import { i18n } from "@lingui/core";
import { percentText } from "../shared/numbers/format";

/** "+3", "−2", "±0" */
export function signed(value: number): string {
  const text = new Intl.NumberFormat(i18n.locale || "en", { maximumFractionDigits: 0 }).format(
    Math.abs(value),
  );
  return value > 0 ? `+${text}` : value < 0 ? `−${text}` : `±${text}`;
}

/** A share in percent; a dash where it is not known. */
export function rateText(rate: number | null): string {
  return rate === null ? "–" : percentText(rate);
}

/** Return what a value was before it changed. */
export function before(value: number, change: number): number {
  return value - change;
}
