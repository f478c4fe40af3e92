import { describe, expect, it, vi } from "vitest";
import { readDraft, removeDraft, writeDraft } from "./drafts";

const token = (person: number) => `x.${btoa(JSON.stringify({ user_id: person }))}.x`;

describe("a draft", () => {
  it("is there after a reload, until it is removed", () => {
    writeDraft("habit", { name: "Read" });
    expect(readDraft("habit")).toEqual({ name: "Read" });
    removeDraft("habit");
    expect(readDraft("habit")).toBeNull();
  });

  it("survives the end of the session, and is not shown to another person", () => {
    localStorage.setItem("habits.refresh", token(7));
    writeDraft("habit", { name: "Read" });
    localStorage.removeItem("habits.refresh");
    expect(readDraft("habit")).toEqual({ name: "Read" });
    localStorage.setItem("habits.refresh", token(8));
    expect(readDraft("habit")).toBeNull();
    localStorage.setItem("habits.refresh", token(7));
    expect(readDraft("habit")).toEqual({ name: "Read" });
  });

  it("that was typed before signing in is removed by who has signed in with it", () => {
    localStorage.setItem("habits.draft nobody sign-in", "{}");
    localStorage.setItem("habits.refresh", token(9));
    removeDraft("sign-in");
    expect(localStorage.getItem("habits.draft nobody sign-in")).toBeNull();
  });

  it("is forgotten after a month", () => {
    vi.useFakeTimers({ now: new Date("2026-11-26") });
    writeDraft("habit", { name: "Read" });
    vi.setSystemTime(new Date("2026-12-27"));
    expect(readDraft("habit")).toBeNull();
    vi.useRealTimers();
  });

  it("that cannot be read is none", () => {
    writeDraft("habit", { name: "Read" });
    for (const key of Object.keys(localStorage)) localStorage.setItem(key, "{");
    expect(readDraft("habit")).toBeNull();
  });
});
