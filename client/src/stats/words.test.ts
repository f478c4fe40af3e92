import { describe, expect, it } from "vitest";
import { rateText, signed } from "./words";

describe("numbers of the statistics", () => {
  it("that changed have a sign", () => {
    expect(signed(3)).toBe("+3");
    expect(signed(-2)).toBe("−2");
    expect(signed(0)).toBe("±0");
  });

  it("that are not known are a dash", () => {
    expect(rateText(null)).toBe("–");
    expect(rateText(0.8333)).toBe("83%");
  });
});
