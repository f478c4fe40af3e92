// Factors have six decimals, which amounts do not.
const FACTOR = /^\d{1,9}(?:[.,]\d{1,6})?$/;

/** Return a written factor as the API takes it, null if it is none: "0,001" is a thousandth. */
export function parseFactor(text: string): string | null {
  const written = text.trim();
  return FACTOR.test(written) && Number(written.replace(",", ".")) > 0 ? written.replace(",", ".") : null;
}

/** Return a factor to edit: "0.500000" is 0.5. */
export function factorToEdit(factor: string): string {
  return String(Number(factor));
}
