import { currentLocale } from "../texts/language";

const made = new Map<string, Intl.NumberFormat>();

function format(name: string, options: Intl.NumberFormatOptions, value: number): string {
  const key = `${currentLocale()} ${name}`;
  const known = made.get(key) ?? new Intl.NumberFormat(currentLocale(), options);
  made.set(key, known);
  return known.format(value);
}

/** An amount of the API ("2.50") as people of the language write it: "2.5" or "2,5". */
export function amountText(amount: string | number): string {
  return format("amount", { maximumFractionDigits: 2 }, Number(amount));
}

/** The amount to edit in a field: as the language writes it, without separators of thousands, which could be misread. */
export function amountToEdit(amount: string | null): string {
  return amount === null
    ? ""
    : format("edit", { maximumFractionDigits: 2, useGrouping: false }, Number(amount));
}

export function countText(count: number): string {
  return format("count", { maximumFractionDigits: 0 }, count);
}

/** A share from 0 to 1 in percent. */
export function percentText(share: number): string {
  return format("percent", { style: "percent", maximumFractionDigits: 0 }, share);
}
