import type { ReactNode } from "react";
import classes from "./Details.module.css";

/** A list that is opened by its heading. */
export function Details({ summary, lines }: { summary: ReactNode; lines: string[] }) {
  return (
    <details className={classes.details}>
      <summary>{summary}</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
      <ul className={classes.list} tabIndex={0}>
        {lines.map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name and keep their order
          <li key={index}>{line}</li>
        ))}
      </ul>
    </details>
  );
}
