import { describe, expect, it } from "vitest";
import { ADD_AMOUNT, SET_DAY, type SetDay, withChange } from "./changes";
import { exampleEntry } from "./example";

const set = (said: SetDay["said"]) => ({ kind: SET_DAY, track: 34, day: "2026-11-26", said }) as const;
const add = (amount: string) =>
  ({ kind: ADD_AMOUNT, track: 34, day: "2026-11-26", amount, key: "k" }) as const;

describe("a day with changes that are on their way", () => {
  it("is done when it is ticked, with the full amount", () => {
    const entry = withChange(exampleEntry({ daily_amount: "8.00" }), set({ status: "completed" }));
    expect(entry).toMatchObject({ status: "completed", amount: "8.00", due: false, at_risk: false });
    expect(entry.period.done).toBe(1);
  });

  it("is as before when it is cleared", () => {
    const entry = withChange(withChange(exampleEntry(), set({ status: "completed" })), set(null));
    expect(entry).toMatchObject({ status: null, amount: null, due: true });
    expect(entry.period.done).toBe(0);
  });

  it("is partly done until the amount is enough", () => {
    const half = withChange(exampleEntry({ daily_amount: "2.00" }), add("1.00"));
    expect(half).toMatchObject({ status: "partial", amount: "1.00", due: true });
    expect(withChange(half, add("1.00"))).toMatchObject({ status: "completed", amount: "2.00" });
  });

  it("keeps its note when it is ticked, and its tick when a note is written", () => {
    const noted = withChange(exampleEntry({ note: "in the rain" }), set({ status: "completed" }));
    expect(noted.note).toBe("in the rain");
    expect(withChange(noted, set({ note: "sunny" }))).toMatchObject({ note: "sunny", status: "completed" });
  });

  it("of a limit habit uses the limit, and says when it is over", () => {
    const limit = { amount: "2.00", limit: "3.00", left: "1.00", verdict: "open" as const };
    const entry = exampleEntry(
      { limit, amount: "1.00", status: "counted", due: false },
      { goal_type: "at_most" },
    );
    const used = withChange(entry, add("1.00"));
    expect(used).toMatchObject({
      status: "counted",
      amount: "2.00",
      limit: { amount: "3.00", left: "0.00", verdict: "open" },
    });
    expect(withChange(used, add("1.00")).limit).toMatchObject({ amount: "4.00", verdict: "broken" });
  });
});
