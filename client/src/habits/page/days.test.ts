import { expect, it } from "vitest";
import { ADD_AMOUNT, SET_DAY } from "../../today/changes";
import { exampleEntry } from "../../today/example";
import { daysOf } from "./days";

const { track } = exampleEntry();
const log = (day: string) => ({ day, status: "completed" as const, amount: "1.00", note: "" });
const of = (day: string) => ({ track: 34, day });

it("a habit's days are what is logged, with the changes on their way", () => {
  const days = daysOf(
    track,
    [log("2026-11-24"), log("2026-11-25")],
    [
      { kind: SET_DAY, ...of("2026-11-25"), said: null },
      { kind: SET_DAY, ...of("2026-11-26"), said: { status: "skipped" } },
      { kind: ADD_AMOUNT, ...of("2026-11-27"), amount: "1.00", key: "k" },
    ],
  );
  expect([...days].map(([day, { status }]) => [day, status])).toEqual([
    ["2026-11-24", "completed"],
    ["2026-11-26", "skipped"],
    ["2026-11-27", "completed"],
  ]);
});
