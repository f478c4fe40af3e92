import type { Schema } from "../../shared/api/types";
import type { Preview } from "./queries";

export type Columns = Schema<"Columns">;
export type Role = keyof Columns;
export const ROLES: readonly Role[] = ["day", "habit", "value", "unit", "note"];

/** Return what each column is by the preview; "" for what no column is. */
export function chosenColumns(preview: Preview): Record<Role, string> {
  const chosen = preview.columns?.chosen;
  return Object.fromEntries(ROLES.map((role) => [role, chosen?.[role] ?? ""])) as Record<Role, string>;
}

/** Return what is sent: only what a column was chosen for. */
export function columnsToSend(values: Record<Role, string>): Columns {
  const { day, habit, ...others } = values;
  const chosen = Object.entries(others).filter(([, column]) => column);
  return { day, habit, ...Object.fromEntries(chosen) };
}

/** Return the roles that are needed and missing, and those whose column another role has. */
export function columnProblems(values: Record<Role, string>): { missing: Role[]; repeated: Role[] } {
  const taken = new Set<string>();
  const repeated = ROLES.filter((role) => {
    const isTaken = values[role] !== "" && taken.has(values[role]);
    taken.add(values[role]);
    return isTaken;
  });
  return { missing: (["day", "habit"] as const).filter((role) => !values[role]), repeated };
}
