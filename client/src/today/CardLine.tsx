import { useLingui } from "@lingui/react/macro";
import { IconFlame, IconNote } from "@tabler/icons-react";
import type { DayEntry } from "../shared/api/types";
import { shortDay } from "../shared/dates/format";
import { limitText, progressText, sentenceText, unitsText } from "../shared/habits/words";
import { heldNote } from "./heldNotes";
import { Reward } from "./Reward";
import classes from "./today.module.css";

/** The second line of a card: what matters most about the habit on this day, on one line. */
export function CardLine({ entry }: { entry: DayEntry }) {
  const { t } = useLingui();
  const { track, status, limit, period } = entry;
  const { habit, current_streak: streak } = track;
  const isAhead = entry.day < track.started_on && !status;
  const parts = [
    status === "skipped" ? t`Skipped` : status === "missed" ? t`Missed` : "",
    limit ? limitText(limit, habit.unit, period.unit) : progressText(entry),
    isAhead ? t`Before the start on ${shortDay(track.started_on)}` : "",
  ].filter(Boolean);
  const hasNote = Boolean(entry.note || heldNote(track.id, entry.day));
  const isRewarded = status === "completed" && (habit.reward || habit.linked_habit);
  return (
    <div className={classes.line}>
      {entry.at_risk && entry.due ? <span className={classes.risk}>{t`At risk`}</span> : null}
      {streak ? (
        <span className={classes.streak}>
          <IconFlame size={14} aria-hidden />
          <span className="visually-hidden">{t`Streak:`} </span>
          {unitsText(streak, track.streak_unit)}
        </span>
      ) : null}
      {hasNote ? <IconNote size={14} role="img" aria-label={t`Has a note`} /> : null}
      {isRewarded ? (
        <Reward entry={entry} />
      ) : (
        <span className={classes.parts}>{parts.join(" · ") || (streak ? "" : sentenceText(habit))}</span>
      )}
    </div>
  );
}
