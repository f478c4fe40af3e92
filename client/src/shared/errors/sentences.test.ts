import { describe, expect, it } from "vitest";
import { ApiError, clientError } from "../api/ApiError";
import { sentenceOf, sentenceOfError, sentencesByField } from "./sentences";

const item = (code: string, attr: string | null = null, detail = "from the server") => ({
  code,
  attr,
  detail,
});

describe("the API's refusals", () => {
  it("a code has a sentence, and another one of a field", () => {
    expect(sentenceOf(item("invalid", "email"))).not.toBe(sentenceOf(item("invalid", "time")));
  });

  it("an unknown code says what the server says", () =>
    expect(sentenceOf(item("new_code"))).toBe("from the server"));

  it("a lost answer is a sentence", () => expect(sentenceOfError(clientError(0, "offline"))).toBeTruthy());

  it("a sentence is said once", () => {
    const error = new ApiError(400, [item("required", "a"), item("required", "b")]);
    expect(sentenceOfError(error)).toBe(sentenceOf(item("required")));
  });

  it("each is beside its field, also a field inside another", () => {
    const error = new ApiError(400, [
      item("required", "name"),
      item("invalid", "weekdays.0"),
      item("conflict"),
    ]);
    const { byField, others } = sentencesByField(error, ["name", "weekdays"]);
    expect(Object.keys(byField)).toEqual(["name", "weekdays"]);
    expect(others).toHaveLength(1);
  });
});
