import { describe, expect, it } from "vitest";
import { addDays, addMonths, dayAt, daysBetween, isDay, monthOf, weekdayOf, weekOf } from "./days";

describe("days", () => {
  it("are added over months, years and nights when clocks change", () => {
    expect(addDays("2026-12-31", 1)).toBe("2027-01-01");
    expect(addDays("2026-03-29", -1)).toBe("2026-03-28");
    expect(addDays("2028-02-28", 1)).toBe("2028-02-29");
  });

  it("are told from other texts", () => {
    expect(isDay("2026-02-28")).toBe(true);
    expect(isDay("2026-02-30")).toBe(false);
    expect(isDay("today")).toBe(false);
    expect(isDay(undefined)).toBe(false);
  });

  it("have a distance", () => expect(daysBetween("2026-10-20", "2026-11-03")).toBe(14));

  it("know their weekday, from Monday", () => expect(weekdayOf("2026-11-26")).toBe(3));
});

describe("a week", () => {
  it("starts on the person's first weekday", () => {
    expect(weekOf("2026-11-26", "mon")[0]).toBe("2026-11-23");
    expect(weekOf("2026-11-26", "sun")[0]).toBe("2026-11-22");
    expect(weekOf("2026-11-26", "sat")[0]).toBe("2026-11-21");
  });

  it("that starts today begins with today", () => expect(weekOf("2026-11-22", "sun")[0]).toBe("2026-11-22"));
});

describe("a month", () => {
  it("has all its days", () => {
    expect(monthOf("2026-02-14")).toHaveLength(28);
    expect(monthOf("2026-02-14").at(-1)).toBe("2026-02-28");
  });

  it("is followed by the next", () => {
    expect(addMonths("2026-12-31", 1)).toBe("2027-01-01");
    expect(addMonths("2026-01-15", -1)).toBe("2025-12-01");
  });
});

describe("the day at an instant", () => {
  it("is that of the person's time zone", () => {
    const instant = new Date("2026-11-26T22:30:00Z");
    expect(dayAt(instant, "Europe/Berlin")).toBe("2026-11-26");
    expect(dayAt(instant, "Asia/Tokyo")).toBe("2026-11-27");
  });

  it("begins when the person's day begins", () => {
    const instant = new Date("2026-11-26T02:30:00Z");
    expect(dayAt(instant, "UTC", 3)).toBe("2026-11-25");
    expect(dayAt(instant, "UTC", 2)).toBe("2026-11-26");
  });
});
