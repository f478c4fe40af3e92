import { describe, expect, it } from "vitest";
import { canEdit, canEnd, canJoin } from "./rules";

type Seen = Parameters<typeof canJoin>[0];
const habit = {} as NonNullable<Seen["habit"]>;
const challenge = (fields: Partial<Seen>): Seen => ({
  state: "running",
  is_member: false,
  is_creator: false,
  is_public: true,
  habit,
  ...fields,
});

describe("a challenge", () => {
  it("can be joined while it is public and not over, also late", () => {
    expect(canJoin(challenge({}))).toBe(true);
    expect(canJoin(challenge({ state: "upcoming" }))).toBe(true);
    expect(canJoin(challenge({ state: "over" }))).toBe(false);
    expect(canJoin(challenge({ is_public: false }))).toBe(false);
    expect(canJoin(challenge({ is_member: true }))).toBe(false);
    expect(canJoin(challenge({ habit: null }))).toBe(false);
  });

  it("is changed by its creator before it begins, and ended until it is over", () => {
    expect(canEdit(challenge({ is_creator: true, state: "upcoming" }))).toBe(true);
    expect(canEdit(challenge({ is_creator: true }))).toBe(false);
    expect(canEnd(challenge({ is_creator: true }))).toBe(true);
    expect(canEnd(challenge({ is_creator: true, state: "cancelled" }))).toBe(false);
    expect(canEnd(challenge({ is_member: true }))).toBe(false);
  });
});
