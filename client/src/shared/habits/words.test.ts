import { i18n } from "@lingui/core";
import { describe, expect, it } from "vitest";
import { exampleEntry } from "../../today/example";
import { limitText, progressText, scheduleText, sentenceText, unitsText } from "./words";

const { habit } = exampleEntry().track;
const period = { first: "2026-11-23", last: "2026-11-29", unit: "week", done: 2, required: 3 };

describe("habits in words", () => {
  it("a streak has its unit", () => {
    expect(unitsText(1, "day")).toBe("1 day");
    expect(unitsText(12, "week")).toBe("12 weeks");
    expect(unitsText(4, "3 days")).toBe("4 × 3 days");
  });

  it("a schedule says how often, when and how much", () => {
    expect(scheduleText(habit)).toBe("Every day");
    expect(scheduleText({ ...habit, interval: 3 })).toBe("Every 3 days");
    const weekly = {
      ...habit,
      frequency: "weekly" as const,
      times_per_period: 2,
      weekdays: ["mon" as const],
    };
    expect(scheduleText({ ...weekly, daily_amount: "2.50", unit: "km" })).toBe(
      "2 times a week, Mon · 2.5 km",
    );
    expect(scheduleText({ ...habit, limit_per_period: "3.00", unit: "cups" })).toBe("At most 3 cups a day");
  });

  it("a period says what it still asks, a day alone nothing", () => {
    expect(progressText({ period })).toBe("2 of 3 this week");
    expect(progressText({ period: { ...period, unit: "day", required: 1 } })).toBe("");
  });

  it("a limit says when it is over", () => {
    const limit = { amount: "3.00", limit: "2.00", left: "0.00", verdict: "broken" as const };
    expect(limitText(limit, "cups", "week")).toBe("Over the limit: 3 of 2 cups this week");
  });

  it("the server's English sentence is not shown in another language", () => {
    const planned = { ...habit, action: "бегать", time: "07:30", place: "парк" };
    expect(sentenceText(planned)).toBe(habit.sentence);
    i18n.activate("ru");
    expect(sentenceText(planned)).toBe("бегать · 07:30 · парк");
  });
});
