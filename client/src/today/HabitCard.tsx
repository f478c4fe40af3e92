import { useLingui } from "@lingui/react/macro";
import { memo, useMemo } from "react";
import { Link } from "react-router";
import type { DayEntry } from "../shared/api/types";
import { hasAmount, isLimit } from "../shared/habits/words";
import { AmountButton } from "./AmountButton";
import { dayActions } from "./actions";
import { CardLine } from "./CardLine";
import { CardMenu } from "./CardMenu";
import { Circle } from "./Circle";
import { SwipeToSkip } from "./SwipeToSkip";
import classes from "./today.module.css";

/** One habit on one day. Its height is always the same, so that nothing jumps. */
export const HabitCard = memo(function HabitCard({ entry, isToday }: { entry: DayEntry; isToday: boolean }) {
  const { t } = useLingui();
  const acts = useMemo(() => dayActions(entry), [entry]);
  const { habit, icon, id } = entry.track;
  const isAside = entry.status === "skipped" || entry.status === "missed";
  const isStepped = isLimit(habit) || hasAmount({ ...habit, daily_amount: entry.daily_amount });
  return (
    <SwipeToSkip isOff={entry.status !== null} onSkip={acts.skip}>
      <div className={classes.card} data-aside={isAside || undefined} data-track={id}>
        <Circle entry={entry} acts={acts} />
        <div className={classes.body}>
          <Link to={`/habits/${id}`} className={classes.name}>
            {icon ? <span aria-hidden="true">{icon} </span> : null}
            {habit.name}
          </Link>
          <CardLine entry={entry} />
        </div>
        {isStepped ? <AmountButton entry={entry} acts={acts} /> : null}
        <CardMenu entry={entry} acts={acts} isToday={isToday} label={t`More: ${habit.name}`} />
      </div>
    </SwipeToSkip>
  );
});
