import { useLingui } from "@lingui/react/macro";
import { IconChevronRight, IconFlame } from "@tabler/icons-react";
import { Link } from "react-router";
import type { Track } from "../shared/api/types";
import { scheduleText, unitsText } from "../shared/habits/words";
import { colourOf } from "../shared/ui/colours";
import classes from "./habits.module.css";

export function HabitRow({ track }: { track: Track }) {
  const { t } = useLingui();
  const { habit, icon, colour, current_streak: streak, streak_unit: unit } = track;
  return (
    <li>
      <Link to={`/habits/${track.id}`} className={classes.row}>
        <span className={classes.dot} style={{ "--habit": colourOf(colour) }} aria-hidden="true">
          {icon}
        </span>
        <span className={classes.text}>
          <span className={classes.name}>{habit.name}</span>
          <span className={classes.line}>{scheduleText(habit)}</span>
        </span>
        {streak ? (
          <span className={classes.streak}>
            <IconFlame size={16} aria-hidden />
            <span className="visually-hidden">{t`Streak:`} </span>
            {unitsText(streak, unit)}
          </span>
        ) : null}
        <IconChevronRight size={18} aria-hidden />
      </Link>
    </li>
  );
}
