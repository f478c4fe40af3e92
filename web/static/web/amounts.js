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

/** Return {amount} with two decimals as text, or {error}: a sentence. "0,5" and "0.5" are the same; "1,250" is refused. */
export function parseAmount(text) {
  if ([...text].length > MAX_LENGTH) return invalid();
  let written = text.normalize("NFKC").replace(MINUS, "-").replaceAll("’", "'").replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "");
  const sign = written.startsWith("-") || written.startsWith("+") ? written[0] : "";
  written = written.slice(sign.length).replace(/^ +| +$/g, "");
  const scientific = SCIENTIFIC.exec(written);
  if (scientific) return shifted(sign, scientific[1], scientific[2] ?? "", Number(scientific[3]));
  if (SPACED.test(written)) written = written.replace(/[ ']/g, "");
  if (AMBIGUOUS.test(written)) return ambiguous(written);
  if (COMMAS.test(written)) written = written.replaceAll(",", "");
  else if (POINTS.test(written)) written = written.replaceAll(".", "");
  if (!PLAIN.test(written)) return invalid();
  const [whole, fraction = ""] = written.split(/[.,]/);
  return shifted(sign, whole, fraction, 0);
}

function invalid() {
  return { error: "Enter a number, such as 0.5 or 0,5." };
}

function ambiguous(written) {
  const decimal = String(Number(parseAmount(`${written.replace(",", ".")}0`).amount));
  return { error: `“${written}” can mean ${decimal} or ${written.replace(/[.,]/, "")}. Write it one of these ways.` };
}

/** Return whole.fraction × 10^exponent, rounded half up. Digits as text, because numbers of the language are not exact. */
function shifted(sign, whole, fraction, exponent) {
  const digits = (whole + fraction).replace(/^0+/, "") || "0";
  const point = digits.length - fraction.length + exponent; // digits before the point
  if (digits !== "0" && point > MAX_DIGITS) return invalid();
  const kept = point + DECIMALS;
  let hundredths = 0n;
  if (digits !== "0" && kept >= 0) {
    hundredths = BigInt(digits.slice(0, kept).padEnd(kept, "0") || "0");
    if ((digits[kept] ?? "0") >= "5") hundredths += 1n;
  }
  const shown = String(hundredths).padStart(DECIMALS + 1, "0");
  return { amount: `${sign === "-" ? "-" : ""}${shown.slice(0, -DECIMALS)}.${shown.slice(-DECIMALS)}` };
}
