import { i18n } from "@lingui/core";
import { describe, expect, it } from "vitest";
import { longDay, monthName, relativeDay, weekdayName, weekdayNames } from "./format";

describe("days in words", () => {
  it("are in the language that is shown", () => {
    expect(longDay("2026-11-26")).toMatch(/Thursday.*26/);
    i18n.activate("ru");
    expect(longDay("2026-11-26")).toBe("четверг, 26 ноября");
    expect(monthName("2026-11-26")).toMatch(/ноябрь 2026/);
  });

  it("name the weekdays from the person's first one", () => {
    expect(weekdayNames("sun")[0]).toBe("Sun");
    expect(weekdayNames("mon", "long").at(-1)).toBe("Sunday");
    expect(weekdayName("tue")).toBe("Tuesday");
  });

  it("near today are told by their distance", () => {
    expect(relativeDay("2026-11-25", "2026-11-26")).toBe("yesterday");
    expect(relativeDay("2026-11-29", "2026-11-26")).toBe("in 3 days");
    expect(relativeDay("2026-10-01", "2026-11-26")).toMatch(/2026/);
  });
});
