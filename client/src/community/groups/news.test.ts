import { describe, expect, it } from "vitest";
import { positionIn } from "./news";

describe("news", () => {
  it("go on where the link to older ones says", () => {
    expect(positionIn("https://example.org/api/groups/3/feed/?page_size=20&before=MjAyNg%3D%3D")).toBe(
      "MjAyNg==",
    );
    expect(positionIn(null)).toBeUndefined();
  });
});
