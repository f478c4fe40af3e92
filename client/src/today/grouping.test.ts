import { describe, expect, it } from "vitest";
import type { DayEntry } from "../shared/api/types";
import { exampleEntry } from "./example";
import { grouped } from "./grouping";

function entry(name: string, time: string | null, tags: string[] = []): DayEntry {
  const made = exampleEntry({}, { name, time });
  return { ...made, track: { ...made.track, tags } };
}

const names = (entries: DayEntry[], by: "none" | "time" | "tag") =>
  grouped(entries, by).map((group) => [group.name, group.entries.map(({ track }) => track.habit.name)]);

describe("the groups of a day", () => {
  const entries = [
    entry("Read", "21:00"),
    entry("Run", "07:00", ["Sport"]),
    entry("Tea", null),
    entry("Row", "12:00", ["Sport"]),
  ];

  it("are parts of the day, in their order", () => {
    expect(names(entries, "time")).toEqual([
      ["morning", ["Run"]],
      ["afternoon", ["Row"]],
      ["evening", ["Read"]],
      ["anytime", ["Tea"]],
    ]);
  });

  it("are tags by name; what has none comes last", () => {
    expect(names([...entries, entry("Mail", null, ["Work", "Calls"])], "tag")).toEqual([
      ["Calls", ["Mail"]],
      ["Sport", ["Run", "Row"]],
      ["", ["Read", "Tea"]],
    ]);
  });

  it("keep the person's own order, whatever is done", () => {
    const done = entries.map((each, index) =>
      index === 0 ? { ...each, status: "completed" as const } : each,
    );
    expect(names(done, "none")).toEqual([["", ["Read", "Run", "Tea", "Row"]]]);
  });
});
