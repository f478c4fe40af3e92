import { useLingui } from "@lingui/react/macro";
import type { Track } from "../../shared/api/types";
import { unitsText } from "../../shared/habits/words";
import { percentText } from "../../shared/numbers/format";
import classes from "../habits.module.css";

/** The streak, the longest one and the strength of a habit. */
export function Facts({ track }: { track: Track }) {
  const { t } = useLingui();
  const facts = [
    [t`Streak`, unitsText(track.current_streak, track.streak_unit)],
    [t`Longest`, unitsText(track.longest_streak, track.streak_unit)],
    [t`Strength`, percentText(track.strength)],
  ];
  return (
    <dl className={classes.facts}>
      {facts.map(([name, value]) => (
        <div key={name} className={classes.fact}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
