import { describe, expect, it } from "vitest";
import { chosenColumns, columnProblems, columnsToSend } from "./columns";
import type { Preview } from "./queries";

const values = { day: "Date", habit: "Name", value: "", unit: "", note: "" };

describe("the columns of a table", () => {
  it("are those that the preview names", () => {
    const columns = { names: ["Date", "Name"], chosen: { day: "Date", habit: "Name" } };
    expect(chosenColumns({ columns } as Preview)).toEqual(values);
    expect(chosenColumns({ columns: null } as Preview).day).toBe("");
  });

  it("are sent as far as they are chosen", () => {
    expect(columnsToSend({ ...values, note: "Text" })).toEqual({ day: "Date", habit: "Name", note: "Text" });
  });

  it("need a day and a habit, and each is one thing", () => {
    expect(columnProblems({ ...values, habit: "" }).missing).toEqual(["habit"]);
    expect(columnProblems({ ...values, value: "Date" }).repeated).toEqual(["value"]);
    expect(columnProblems(values)).toEqual({ missing: [], repeated: [] });
  });
});
