import { describe, expect, it } from "vitest";
import { bodyOf } from "./newShare";

const now = new Date("2026-11-26T12:00:00Z");

describe("a new share link", () => {
  it("is to a streak, a year or an achievement", () => {
    expect(bodyOf({ what: "streak 34", days: "" }, now)).toEqual({
      kind: "streak",
      track: 34,
      expires_at: null,
    });
    expect(bodyOf({ what: "year 34", days: "" }, now)).toEqual({ kind: "year", track: 34, expires_at: null });
    expect(bodyOf({ what: "achievement 1", days: "" }, now)).toEqual({
      kind: "achievement",
      achievement: 1,
      expires_at: null,
    });
  });

  it("works for some days if the person says so", () =>
    expect(bodyOf({ what: "streak 34", days: "7" }, now).expires_at).toBe("2026-12-03T12:00:00.000Z"));
});
