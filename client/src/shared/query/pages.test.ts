import { describe, expect, it, vi } from "vitest";
import { allPages } from "./pages";

describe("all pages", () => {
  it("are read one after the other until there is no next one", async () => {
    const read = vi.fn(async (page: number) => ({
      count: 3,
      next: page < 3 ? "more" : null,
      results: [page],
    }));
    expect(await allPages(read)).toEqual([1, 2, 3]);
    expect(read).toHaveBeenCalledTimes(3);
  });
});
