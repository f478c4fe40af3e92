import { describe, expect, it } from "vitest";
import { canRemoveHabit, leads, memberActions } from "./rules";

describe("in a group", () => {
  it("the owner appoints and dismisses admins, hands the group over and removes anybody", () => {
    expect(memberActions("owner", "member")).toEqual(["appoint", "hand over", "remove"]);
    expect(memberActions("owner", "admin")).toEqual(["dismiss", "hand over", "remove"]);
    expect(memberActions("owner", "owner")).toEqual([]);
  });

  it("admins remove members only", () => {
    expect(memberActions("admin", "member")).toEqual(["remove"]);
    expect(memberActions("admin", "admin")).toEqual([]);
    expect(memberActions("admin", "owner")).toEqual([]);
  });

  it("members and strangers do nothing with others", () => {
    for (const mine of ["member", null] as const) {
      for (const theirs of ["owner", "admin", "member"] as const)
        expect(memberActions(mine, theirs)).toEqual([]);
      expect(leads(mine)).toBe(false);
    }
  });

  it("a habit is removed by who leads and by its own owner", () => {
    expect(canRemoveHabit("admin", "bob", "alice")).toBe(true);
    expect(canRemoveHabit("member", "alice", "alice")).toBe(true);
    expect(canRemoveHabit("member", "bob", "alice")).toBe(false);
    expect(canRemoveHabit("member", null, "alice")).toBe(false);
  });
});
