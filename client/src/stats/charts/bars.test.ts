import { describe, expect, it } from "vitest";
import { chartSentence, hourBars, monthBars, weekBars, weekdayBars } from "./bars";

const part = (first: string, last: string) => ({ first, last, completed: 2, success_rate: null });

describe("bars", () => {
  it("of weekdays begin with the person's first one", () => {
    const counts = { by_weekday: [1, 2, 3, 4, 5, 6, 7] };
    const bars = weekdayBars(counts, "sun");
    expect(bars.map(({ name }) => name).slice(0, 2)).toEqual(["Sunday", "Monday"]);
    expect(bars.map(({ completed }) => completed)).toEqual([7, 1, 2, 3, 4, 5, 6]);
  });

  it("of hours are from midnight", () => {
    const bars = hourBars({ by_hour: [0, 3, ...Array(22).fill(0)] });
    expect(bars).toHaveLength(24);
    expect(bars[1]).toEqual({ name: "01:00", short: "1", completed: 3 });
  });

  it("of weeks and months say which days they are of", () => {
    expect(weekBars({ weekly: [part("2026-11-16", "2026-11-22")] })[0]?.name).toMatch(/16.*22/);
    expect(weekBars({ weekly: [part("2026-11-16", "2026-11-16")] })[0]?.name).not.toMatch(/–/);
    expect(monthBars({ monthly: [part("2026-11-01", "2026-11-22")] })[0]?.name).toBe("November 2026");
  });

  it("have a sentence", () => {
    expect(chartSentence(weekdayBars({ by_weekday: [1, 0, 5, 5, 0, 0, 0] }, "mon"))).toBe(
      "Most: Wednesday, 5",
    );
    expect(chartSentence(weekdayBars({ by_weekday: [0, 0, 0, 0, 0, 0, 0] }, "mon"))).toBe(
      "Nothing was completed.",
    );
  });
});
