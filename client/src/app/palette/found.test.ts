import { describe, expect, it } from "vitest";
import { found, MOST } from "./found";

const items = [
  { label: "Done: Push-ups" },
  { label: "Habits" },
  { label: "New habit", hint: "Make one" },
  { label: "Утро: ёлка" },
  { label: "Café" },
];
const labels = (text: string) => found(items, text).map(({ label }) => label);

describe("finding", () => {
  it("nothing typed finds all, in their order", () => expect(labels(" ")).toHaveLength(items.length));
  it("all words are wanted, in any order and case", () => {
    expect(labels("PUSH done")).toEqual(["Done: Push-ups"]);
    expect(labels("push habits")).toEqual([]);
  });
  it("what begins so comes first", () => expect(labels("habit")).toEqual(["Habits", "New habit"]));
  it("a label comes before a hint", () => {
    const both = [{ label: "Mail", hint: "Reminders" }, { label: "Unreminded" }, { label: "Reminders" }];
    expect(found(both, "remind").map(({ label }) => label)).toEqual(["Reminders", "Unreminded", "Mail"]);
  });
  it("a hint is found as well", () => expect(labels("make")).toEqual(["New habit"]));
  it("accents and ё do not matter", () => {
    expect(labels("cafe")).toEqual(["Café"]);
    expect(labels("елка")).toEqual(["Утро: ёлка"]);
  });
  it("never shows more than fit", () => {
    const many = Array.from({ length: 300 }, (_, number) => ({ label: `Habit ${number}` }));
    expect(found(many, "habit")).toHaveLength(MOST);
  });
});
