import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseAmount } from "./amounts";

const vectors = JSON.parse(readFileSync("../tests/vectors/amounts.json", "utf8")) as {
  amounts: Record<string, string>;
  ambiguous: Record<string, [string, string]>;
  invalid: string[];
};

describe("a written amount", () => {
  it.each(Object.entries(vectors.amounts))("%j is %s", (written, amount) => {
    expect(parseAmount(written)).toEqual({ amount });
  });

  it.each(Object.entries(vectors.ambiguous))("%j can mean two numbers", (written, readings) => {
    expect(parseAmount(written)).toMatchObject({ problem: "ambiguous", readings });
  });

  it.each(vectors.invalid)("%j is no number", (written) => {
    expect(parseAmount(written)).toEqual({ problem: "invalid" });
  });
});
