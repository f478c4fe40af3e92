// How a person likes the list, on this device.
import { useState } from "react";
import { GROUPINGS, type Grouping } from "./grouping";

const KEY = "habits.grouping";

export function useGrouping(): [Grouping, (by: Grouping) => void] {
  const [by, setBy] = useState<Grouping>(
    () => GROUPINGS.find((each) => each === localStorage.getItem(KEY)) ?? "none",
  );
  return [
    by,
    (next) => {
      localStorage.setItem(KEY, next);
      setBy(next);
    },
  ];
}
