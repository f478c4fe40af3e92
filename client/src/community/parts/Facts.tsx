import type { ReactNode } from "react";
import classes from "./parts.module.css";

/** Short facts beside each other; what is false or empty is left out. `strong`: the first one matters most. */
export function Facts({ facts, strong }: { facts: ReactNode[]; strong?: ReactNode }) {
  return (
    <div className={classes.facts}>
      {strong ? <span className={classes.strong}>{strong}</span> : null}
      {facts.filter(Boolean).map((fact, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: facts keep their places
        <span key={index}>{fact}</span>
      ))}
    </div>
  );
}
