import { useSearchParams } from "react-router";
import { type BoardName, type Scope, UNITS, type Unit } from "./queries";

export const BOARDS: readonly BoardName[] = ["current", "longest", "week", "month"];

export interface ChosenBoard {
  board: BoardName;
  scope: Scope;
  /** Of streaks; without one that of a challenge's habit, else the day. */
  unit: Unit | undefined;
}

/** Return which ranking an address asks for. */
export function chosenBoard(params: URLSearchParams): ChosenBoard {
  const board = BOARDS.find((name) => name === params.get("board")) ?? "current";
  const [group, challenge] = [idIn(params.get("group")), idIn(params.get("challenge"))];
  const isOfStreaks = board === "current" || board === "longest";
  return {
    board,
    scope: group ? { group } : challenge ? { challenge } : {},
    unit: isOfStreaks ? UNITS.find((unit) => unit === params.get("unit")) : undefined,
  };
}

function idIn(text: string | null): number | null {
  return text && /^[1-9]\d{0,14}$/.test(text) ? Number(text) : null;
}

/** Return which ranking is shown, kept in the address, and how to choose another. */
export function useBoardChoice() {
  const [params, setParams] = useSearchParams();
  function choose(name: "board" | "unit" | "scope", value: string) {
    const next = new URLSearchParams(params);
    if (name === "scope") {
      next.delete("group");
      next.delete("challenge");
      const [kind, id] = value.split(" ");
      if (kind && id) next.set(kind, id);
    } else next.set(name, value);
    setParams(next, { replace: true });
  }
  return { ...chosenBoard(params), choose };
}
