import { i18n } from "@lingui/core";
import { describe, expect, it } from "vitest";
import { amountText, amountToEdit } from "./format";
import { amountProblem } from "./problems";

const LIMITS = { min: "0.01", max: "99999999.99" };

describe("amounts in forms", () => {
  it("a comma is a decimal point", () => expect(amountProblem("0,5", LIMITS)).toBeNull());

  it("what can mean two numbers is refused with both of them", () => {
    expect(amountProblem("1,250", LIMITS)).toContain("1.25 or 1250");
  });

  it("what is too large is refused with the limits", () => {
    expect(amountProblem("1e9", LIMITS)).toContain("0.01 to 99,999,999.99");
  });

  it("amounts are written as the language writes them, without zeros at the end", () => {
    expect(amountText("2.50")).toBe("2.5");
    i18n.activate("ru");
    expect(amountText("2.50")).toBe("2,5");
  });

  it("an amount to edit can be read again", () => {
    expect(amountToEdit("1250.00")).toBe("1250");
    expect(amountProblem(amountToEdit("99999999.99"), LIMITS)).toBeNull();
  });
});
