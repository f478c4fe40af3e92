import { describe, expect, it } from "vitest";
import { chosenBoard } from "./useBoardChoice";

const of = (query: string) => chosenBoard(new URLSearchParams(query));

describe("a ranking", () => {
  it("is that of everyone's current streaks unless the address says otherwise", () =>
    expect(of("")).toEqual({ board: "current", scope: {}, unit: undefined }));

  it("is that of a group or of a challenge", () => {
    expect(of("group=3&board=week").scope).toEqual({ group: 3 });
    expect(of("challenge=5&unit=week")).toEqual({ board: "current", scope: { challenge: 5 }, unit: "week" });
    expect(of("group=3&challenge=5").scope).toEqual({ group: 3 });
  });

  it("has a unit only if it is of streaks", () => expect(of("board=month&unit=week").unit).toBeUndefined());

  it("does not ask for what does not exist", () =>
    expect(of("board=best&group=x&unit=hour")).toEqual({ board: "current", scope: {}, unit: undefined }));
});
