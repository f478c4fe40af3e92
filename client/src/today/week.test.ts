import { expect, it } from "vitest";
import { exampleEntry } from "./example";
import { shareOfEntries, sharesOf } from "./week";

const day = (name: string, status: "completed" | "skipped" | null, more = {}) => ({
  day: name,
  status,
  amount: null,
  is_target: true,
  is_paused: false,
  ...more,
});
const period = (
  first: string,
  last: string,
  verdict: "kept" | "open" | "broken",
  limit: null | never = null,
) => ({
  first,
  last,
  verdict,
  required: 1,
  done: 0,
  limit,
});

it("a day's share is what was done of what it asked for", () => {
  const shares = sharesOf([
    { days: [day("2026-11-26", "completed")], periods: [period("2026-11-26", "2026-11-26", "kept")] },
    { days: [day("2026-11-26", null)], periods: [period("2026-11-26", "2026-11-26", "open")] },
    { days: [day("2026-11-26", "skipped")], periods: [period("2026-11-26", "2026-11-26", "open")] },
    {
      days: [day("2026-11-26", null, { is_paused: true })],
      periods: [period("2026-11-26", "2026-11-26", "open")],
    },
    {
      days: [day("2026-11-26", null, { is_target: false })],
      periods: [period("2026-11-26", "2026-11-26", "open")],
    },
  ]);
  expect(shares["2026-11-26"]).toEqual({ done: 1, all: 2 });
});

it("a habit of a week asks for no certain day, unless the week is broken", () => {
  const days = [day("2026-11-25", "completed"), day("2026-11-26", null)];
  const of = (verdict: "open" | "broken") =>
    sharesOf([{ days, periods: [period("2026-11-23", "2026-11-29", verdict)] }]);
  expect(of("open")["2026-11-26"]).toEqual({ done: 0, all: 0 });
  expect(of("broken")["2026-11-26"]).toEqual({ done: 0, all: 1 });
});

it("the share of the shown day follows each tick", () => {
  const [open, done] = [exampleEntry(), exampleEntry({ status: "completed", due: false })];
  expect(shareOfEntries([open, done])).toEqual({ done: 1, all: 2 });
  expect(shareOfEntries([done, done])).toEqual({ done: 2, all: 2 });
});
