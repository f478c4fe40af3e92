import { expect, it } from "vitest";
import { stepOf } from "./steps";

it.each([
  ["8.00", "1.00"],
  ["20.00", "1.00"],
  ["2.50", "0.50"],
  ["0.50", "0.50"],
  ["1.00", "1.00"],
  ["30.00", "2.00"],
  ["100.00", "10.00"],
  ["2000.00", "200.00"],
  ["10000.00", "1000.00"],
  ["45.00", "5.00"],
])("a tap on a habit of %s adds %s", (daily, step) => {
  expect(stepOf(daily)).toBe(step);
});
