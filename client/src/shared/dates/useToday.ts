import { useEffect, useState } from "react";
import { useMe } from "../person/me";
import type { Day } from "./days";
import { today } from "./format";

/** Return the person's today, also after it has changed. */
export function useToday(): Day {
  const me = useMe();
  const [, setChecked] = useState(0);
  useEffect(() => {
    const check = () => setChecked(Date.now());
    const timer = setInterval(check, 30_000);
    document.addEventListener("visibilitychange", check);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", check);
    };
  }, []);
  return today(me);
}
