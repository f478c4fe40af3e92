/** Return what a tap adds: 1, a half of small amounts with decimals, or about a tenth of large ones. */
export function stepOf(dailyAmount: string): string {
  const amount = Number(dailyAmount);
  if (amount <= 1) return dailyAmount;
  if (amount <= 20) return Number.isInteger(amount) ? "1.00" : "0.50";
  const power = 10 ** Math.floor(Math.log10(amount / 10));
  const digit = Math.round(amount / 10 / power);
  const nice = digit >= 8 ? 10 : digit >= 4 ? 5 : digit >= 2 ? 2 : 1;
  return (nice * power).toFixed(2);
}
