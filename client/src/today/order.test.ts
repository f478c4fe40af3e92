import { expect, it } from "vitest";
import { exampleEntry } from "./example";
import { inOrder } from "./order";

const entry = (id: number) => {
  const made = exampleEntry();
  return { ...made, track: { ...made.track, id } };
};

it("the named habits share their places, and the others stay where they are", () => {
  const ids = inOrder([1, 2, 3, 4].map(entry), [4, 1, 3]).map(({ track }) => track.id);
  expect(ids).toEqual([4, 2, 1, 3]);
});
