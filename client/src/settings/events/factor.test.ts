import { describe, expect, it } from "vitest";
import { factorToEdit, parseFactor } from "./factor";

describe("a factor", () => {
  it("is written with a point or a comma", () => {
    expect(parseFactor("0,001")).toBe("0.001");
    expect(parseFactor(" 0.5 ")).toBe("0.5");
    expect(parseFactor("60")).toBe("60");
  });

  it("is more than 0, and a single number", () => {
    for (const text of ["", "0", "0,0", "-1", "1,000.5", "a"]) expect(parseFactor(text)).toBeNull();
  });

  it("is edited without empty decimals", () => expect(factorToEdit("0.500000")).toBe("0.5"));
});
