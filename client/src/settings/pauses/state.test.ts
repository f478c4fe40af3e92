import { describe, expect, it } from "vitest";
import { lastDayOfEnded, stateOfPause } from "./state";

const pause = (first_day: string, last_day: string | null = null) => ({ first_day, last_day });

describe("a pause", () => {
  it("is upcoming, on from its first day, and over after its last", () => {
    expect(stateOfPause(pause("2026-11-27"), "2026-11-26")).toBe("upcoming");
    expect(stateOfPause(pause("2026-11-26"), "2026-11-26")).toBe("now");
    expect(stateOfPause(pause("2026-11-20", "2026-11-26"), "2026-11-26")).toBe("now");
    expect(stateOfPause(pause("2026-11-20", "2026-11-25"), "2026-11-26")).toBe("over");
  });

  it("that ends now ended yesterday; one that began today has no day left", () => {
    expect(lastDayOfEnded(pause("2026-11-20"), "2026-11-26")).toBe("2026-11-25");
    expect(lastDayOfEnded(pause("2026-11-26"), "2026-11-26")).toBeNull();
  });
});
