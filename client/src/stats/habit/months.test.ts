import { describe, expect, it } from "vitest";
import { monthsOf, verdicts } from "./months";

const day = (text: string) => ({ day: text, status: null, amount: null, is_target: true, is_paused: false });

describe("the days of a range", () => {
  it("are by month, each in the column of its week", () => {
    const months = monthsOf(["2026-11-29", "2026-11-30", "2026-12-01"].map(day), "mon");
    expect(months.map(({ first, days, skipped }) => [first, days.length, skipped])).toEqual([
      ["2026-11-29", 2, 6],
      ["2026-12-01", 1, 1],
    ]);
    expect(monthsOf([day("2026-11-29")], "sun")[0]?.skipped).toBe(0);
  });

  it("have periods, counted by verdict", () => {
    const period = (verdict: "kept" | "broken") => ({ verdict }) as Parameters<typeof verdicts>[0][number];
    expect(verdicts([period("kept"), period("kept"), period("broken")])).toEqual({
      kept: 2,
      broken: 1,
      excused: 0,
      open: 0,
    });
  });
});
