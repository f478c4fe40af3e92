import { describe, expect, it } from "vitest";
import { scheduleText } from "./schedule";

const habit = (fields: Partial<Parameters<typeof scheduleText>[0]>) =>
  scheduleText({
    frequency: "daily",
    interval: 1,
    weekdays: [],
    times_per_period: 1,
    daily_amount: "1.00",
    unit: "",
    limit_per_period: null,
    ...fields,
  });

describe("a schedule in words", () => {
  it("says how often", () => {
    expect(habit({})).toBe("Every day");
    expect(habit({ interval: 3 })).toBe("Every 3 days");
    expect(habit({ weekdays: ["mon", "fri"] })).toBe("Mon, Fri");
    expect(habit({ frequency: "weekly", times_per_period: 3 })).toBe("3 times a week");
    expect(habit({ frequency: "monthly", times_per_period: 5, weekdays: ["sun"] })).toBe(
      "5 times a month: Sun",
    );
  });

  it("says how much", () => {
    expect(habit({ daily_amount: "10.00", unit: "pages" })).toBe("Every day · 10 pages");
    expect(habit({ frequency: "weekly", limit_per_period: "3.00", unit: "cups" })).toBe(
      "At most 3 cups a week",
    );
  });
});
