import { currentLocale } from "../../shared/texts/language";

/** "5.3 MB", "12 kB" */
export function sizeText(bytes: number): string {
  const [unit, by] = bytes >= 1_000_000 ? ["megabyte", 1_000_000] : ["kilobyte", 1000];
  const value = Math.max(bytes / Number(by), 0.1);
  const options = { style: "unit", unit: String(unit), maximumFractionDigits: value < 10 ? 1 : 0 } as const;
  return new Intl.NumberFormat(currentLocale(), options).format(value);
}
