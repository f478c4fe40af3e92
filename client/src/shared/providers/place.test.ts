import { describe, expect, it, vi } from "vitest";
import { rememberPlace, takePlace } from "./place";

const at = (path: string) => history.replaceState(null, "", path);

describe("the place where one was", () => {
  it("is taken once, with what the address asks for", () => {
    at("/together/groups/join/kY3?x=1");
    rememberPlace();
    at("/sign-up");
    rememberPlace(); // the way to sign in is no place to come back to
    expect(takePlace()).toBe("/together/groups/join/kY3?x=1");
    expect(takePlace()).toBeNull();
  });

  it("is old after three days", () => {
    at("/habits/12");
    rememberPlace();
    vi.setSystemTime(Date.now() + 3 * 24 * 60 * 60_000);
    expect(takePlace()).toBeNull();
    vi.useRealTimers();
  });

  it.each(["", "{", '"/habits"', "{}", JSON.stringify({ path: "//elsewhere.example.org", at: Date.now() })])(
    "is none where the stored text is %s",
    (stored) => {
      localStorage.setItem("habits.place", stored);
      expect(takePlace()).toBeNull();
    },
  );
});
