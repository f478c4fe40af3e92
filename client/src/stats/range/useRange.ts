import { useSearchParams } from "react-router";
import { useToday } from "../../shared/dates/useToday";
import { useLimits } from "../../shared/person/limits";
import { type RangeName, rangeIn } from "./ranges";

/** Return the range and the habit (its track's id) in the address, and how to choose others. */
export function useRange() {
  const [params, setParams] = useSearchParams();
  const today = useToday();
  const limits = useLimits().progress;
  const range = rangeIn(params, today, limits);
  const given = params.get("habit") ?? "";
  function set(changes: Record<string, string>) {
    const next = new URLSearchParams(params);
    for (const [name, value] of Object.entries(changes)) {
      if (value) next.set(name, value);
      else next.delete(name);
    }
    setParams(next, { replace: true });
  }
  return {
    range,
    track: /^[1-9]\d{0,14}$/.test(given) ? Number(given) : null,
    chooseTrack: (track: number | null) => set({ habit: track === null ? "" : String(track) }),
    chooseName: (name: RangeName) =>
      set(
        name === "own"
          ? { range: name, from: range.first, to: range.last }
          : { range: name, from: "", to: "" },
      ),
    chooseOwn: (from: string, to: string) => set({ range: "own", from, to }),
  };
}
