import { describe, expect, it } from "vitest";
import { ownProblem, rangeBefore, rangeIn } from "./ranges";

const LIMITS = { days: 366, ranges: { last_week: 7, last_month: 30, last_year: 365 } };
const of = (query: string) => rangeIn(new URLSearchParams(query), "2026-11-26", LIMITS);

describe("the range of the statistics", () => {
  it("is a month up to today unless the address says otherwise", () => {
    expect(of("")).toEqual({ name: "month", first: "2026-10-28", last: "2026-11-26" });
    expect(of("range=decade").name).toBe("month");
  });

  it("has as many days as the API's range of that name", () => {
    expect(of("range=week").first).toBe("2026-11-20");
    expect(of("range=year").first).toBe("2025-11-27");
    expect(of("range=quarter").first).toBe("2026-08-28"); // 91 days
  });

  it("is one's own", () =>
    expect(of("range=own&from=2026-01-01&to=2026-01-31")).toEqual({
      name: "own",
      first: "2026-01-01",
      last: "2026-01-31",
    }));

  it("is not one that the API refuses", () => {
    expect(of("range=own&from=2026-02-01&to=2026-01-31").name).toBe("month");
    expect(ownProblem("2026-02-01", "2026-01-31", 366)).toBe("order");
    expect(ownProblem("2025-01-01", "2026-01-01", 366)).toBeNull();
    expect(ownProblem("2025-01-01", "2026-01-02", 366)).toBe("too long");
    expect(ownProblem("", "2026-01-02", 366)).toBe("missing");
    expect(ownProblem("2026-02-30", "2026-03-02", 366)).toBe("missing");
  });

  it("is compared with as many days before it", () =>
    expect(rangeBefore({ first: "2026-11-20", last: "2026-11-26" })).toEqual({
      first: "2026-11-13",
      last: "2026-11-19",
    }));
});
