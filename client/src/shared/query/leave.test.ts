import { entries, set } from "idb-keyval";
import { beforeEach, describe, expect, it } from "vitest";
import { forgetSession, onSessionChange } from "../api/session";
import { forgetDrafts, readDraft, writeDraft } from "../forms/drafts";
import { FRESH_FOR, queryClient } from "./client";
import { leaveDevice } from "./leave";
import { doubtFresh, storedAnswers } from "./stored";

const KEY = "habits.refresh";
const token = (person: number) => `x.${btoa(JSON.stringify({ user_id: person }))}.x`;
const stored = async () => (await entries()).map(([key]) => key);

describe("stored answers", () => {
  it("are asked for again if they look fresh: what a change made of them may not have been stored", () => {
    queryClient.setQueryData(["fresh"], 1);
    queryClient.setQueryData(["old"], 1, { updatedAt: Date.now() - FRESH_FOR - 1 });
    doubtFresh(queryClient);
    expect(queryClient.getQueryState(["fresh"])?.isInvalidated).toBe(true);
    expect(queryClient.getQueryState(["old"])?.isInvalidated).toBe(false);
  });
});

describe("leaving a device", () => {
  beforeEach(async () => {
    localStorage.setItem(KEY, token(7));
    for (const key of ["answers 7", "queue 7 tab", "answers 8", "queue 70 tab"]) await set(key, "[]");
  });

  it("leaves what was typed into forms alone of the person, and what others have", async () => {
    writeDraft("habit 1", { name: "half a tho" });
    localStorage.setItem("habits.draft 8 habit 2", "{}");
    localStorage.setItem("habits.draft nobody sign-in", "{}");
    localStorage.setItem("habits.place", "{}");
    localStorage.setItem("habits.language", "ru");
    sessionStorage.setItem("habits.mailed", "alice@example.org");
    queryClient.setQueryData(["me"], { username: "alice" });
    forgetSession();
    await leaveDevice("7");
    expect(await stored()).toEqual(["answers 8", "queue 70 tab"]);
    expect(Object.keys(localStorage).sort()).toEqual([
      "habits.draft 7 habit 1",
      "habits.draft 8 habit 2",
      "habits.draft nobody sign-in",
      "habits.language",
      "habits.left",
    ]);
    forgetDrafts("7");
    expect(Object.keys(localStorage).sort()).toEqual([
      "habits.draft 8 habit 2",
      "habits.language",
      "habits.left",
    ]);
    expect(sessionStorage.length).toBe(0);
    expect(queryClient.getQueryData(["me"])).toBeUndefined();
  });

  it("what the next screen asks for while that goes on is answered", async () => {
    queryClient.setQueryData(["me"], { username: "alice" });
    const stop = onSessionChange(() => queryClient.setQueryData(["account"], { registration: "open" }));
    forgetSession();
    stop();
    await leaveDevice("7");
    expect(queryClient.getQueryData(["account"])).toEqual({ registration: "open" });
    expect(queryClient.getQueryData(["me"])).toBeUndefined();
  });

  it("what is typed after that is nobody's", async () => {
    writeDraft("habit 1", { name: "half a tho" });
    localStorage.removeItem(KEY);
    await leaveDevice("7");
    writeDraft("sign-in", { email: "bob@example.org" });
    expect(localStorage.getItem("habits.draft 7 sign-in")).toBeNull();
    expect(readDraft("sign-in")).toEqual({ email: "bob@example.org" });
  });

  it("answers that were about to be stored are not", async () => {
    const keeping = storedAnswers("7");
    await keeping.persistClient({ timestamp: 0, buster: "", clientState: { mutations: [], queries: [] } });
    localStorage.removeItem(KEY);
    await leaveDevice("7");
    dispatchEvent(new Event("pagehide")); // writes what waits
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(await stored()).not.toContain("answers 7");
  });
});
