import classes from "./parts.module.css";

/** Numbers with their names. */
export function Figures({ figures }: { figures: [name: string, value: string][] }) {
  return (
    <dl className={classes.figures}>
      {figures.map(([name, value]) => (
        <div key={name} className={classes.figure}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
