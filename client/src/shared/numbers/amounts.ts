// Amounts as people write them. common/amounts.py has the same rules, and tests/vectors/amounts.json holds both to them.

const DECIMALS = 2;
const MAX_LENGTH = 40; // characters of a written amount
const MAX_DIGITS = 20; // before the point

const MINUS = /[−‐‑‒–﹣－]/g;
const SCIENTIFIC = /^([0-9]+)(?:\.([0-9]+))?[eE]([+-]?[0-9]{1,2})$/;
const SPACED = /^[0-9]{1,3}(?:[ '][0-9]{3})+(?:[.,][0-9]+)?$/;
const AMBIGUOUS = /^[1-9][0-9]{0,2}[.,][0-9]{3}$/;
const COMMAS = /^[0-9]{1,3}(?:(?:,[0-9]{3}){2,}(?:\.[0-9]+)?|(?:,[0-9]{3})+\.[0-9]+)$/;
const POINTS = /^[0-9]{1,3}(?:(?:\.[0-9]{3}){2,}(?:,[0-9]+)?|(?:\.[0-9]{3})+,[0-9]+)$/;
const PLAIN = /^(?:[0-9]+[.,]?|[0-9]*[.,][0-9]+)$/;
const EDGES = /^[ \t\r\n]+|[ \t\r\n]+$/g;

/** An amount with two decimals, as the API writes it; or why the text is none, with the two readings of an ambiguous one. */
export type ParsedAmount =
  | { amount: string }
  | { problem: "invalid" }
  | { problem: "ambiguous"; written: string; readings: [string, string] };

const INVALID: ParsedAmount = { problem: "invalid" };

/** Read a written amount. "0,5" and "0.5" are the same; "1,250" is refused, because it can mean two numbers. */
export function parseAmount(text: string): ParsedAmount {
  if ([...text].length > MAX_LENGTH) return INVALID;
  let written = text.normalize("NFKC").replace(MINUS, "-").replaceAll("’", "'").replace(EDGES, "");
  const sign = written.startsWith("-") || written.startsWith("+") ? (written[0] ?? "") : "";
  written = written.slice(sign.length).replace(/^ +| +$/g, "");
  const scientific = SCIENTIFIC.exec(written);
  if (scientific) return shifted(sign, scientific[1] ?? "", scientific[2] ?? "", Number(scientific[3]));
  if (SPACED.test(written)) written = written.replace(/[ ']/g, "");
  if (AMBIGUOUS.test(written)) return ambiguous(written);
  if (COMMAS.test(written)) written = written.replaceAll(",", "");
  else if (POINTS.test(written)) written = written.replaceAll(".", "");
  if (!PLAIN.test(written)) return INVALID;
  const [whole = "", fraction = ""] = written.split(/[.,]/);
  return shifted(sign, whole, fraction, 0);
}

function ambiguous(written: string): ParsedAmount {
  const decimal = parseAmount(`${written.replace(",", ".")}0`);
  const first = "amount" in decimal ? String(Number(decimal.amount)) : "";
  return { problem: "ambiguous", written, readings: [first, written.replace(/[.,]/, "")] };
}

/** Return whole.fraction × 10^exponent, rounded half up. Digits as text, because numbers of the language are not exact. */
function shifted(sign: string, whole: string, fraction: string, exponent: number): ParsedAmount {
  const digits = (whole + fraction).replace(/^0+/, "") || "0";
  const point = digits.length - fraction.length + exponent; // digits before the point
  if (digits !== "0" && point > MAX_DIGITS) return INVALID;
  const kept = point + DECIMALS;
  let hundredths = 0n;
  if (digits !== "0" && kept >= 0) {
    hundredths = BigInt(digits.slice(0, kept).padEnd(kept, "0") || "0");
    if ((digits[kept] ?? "0") >= "5") hundredths += 1n;
  }
  const shown = String(hundredths).padStart(DECIMALS + 1, "0");
  return { amount: `${sign === "-" ? "-" : ""}${shown.slice(0, -DECIMALS)}.${shown.slice(-DECIMALS)}` };
}
