import { UnstyledButton } from "@mantine/core";
import { IconCheck, IconPlus } from "@tabler/icons-react";
import type { DayEntry } from "../shared/api/types";
import { hasAmount, isLimit } from "../shared/habits/words";
import { amountText } from "../shared/numbers/format";
import { colourOf } from "../shared/ui/colours";
import type { DayActions } from "./actions";
import { stepOf } from "./steps";
import classes from "./today.module.css";
import { useCircleLabel } from "./useCircleLabel";

const RADIUS = 21;
const ROUND = 2 * Math.PI * RADIUS;

/** The big circle: a tap marks the day, or adds one step; a tap on a done habit takes that back. */
export function Circle({ entry, acts }: { entry: DayEntry; acts: DayActions }) {
  const { habit, colour } = entry.track;
  const isDone = entry.status === "completed";
  const isCounted = isLimit(habit);
  const isStepped = isCounted || hasAmount({ ...habit, daily_amount: entry.daily_amount });
  const label = useCircleLabel(entry, isStepped);
  const isOver = entry.limit?.verdict === "broken";
  function act() {
    if (isCounted) acts.add("1.00");
    else if (isDone) acts.untick();
    else if (isStepped) acts.add(stepOf(entry.daily_amount));
    else acts.complete();
  }
  return (
    <UnstyledButton
      className={classes.circle}
      aria-label={label}
      aria-pressed={isStepped ? undefined : isDone}
      onClick={act}
      data-done={isDone || undefined}
      data-over={isOver || undefined}
      style={{ "--habit": isOver ? "var(--mantine-color-error)" : colourOf(colour) }}
    >
      <svg viewBox="0 0 48 48" width="48" height="48" aria-hidden="true">
        <title>{label}</title>
        <circle className={classes.track} cx="24" cy="24" r={RADIUS} />
        <circle
          className={classes.ring}
          cx="24"
          cy="24"
          r={RADIUS}
          strokeDasharray={ROUND}
          strokeDashoffset={ROUND * (1 - shareOf(entry))}
        />
      </svg>
      <span className={classes.mark} aria-hidden="true">
        {isDone && !isCounted ? (
          <IconCheck size={24} stroke={3} />
        ) : isCounted ? (
          amountText(entry.amount ?? 0)
        ) : isStepped && entry.amount ? (
          amountText(entry.amount)
        ) : isStepped ? (
          <IconPlus size={20} />
        ) : null}
      </span>
    </UnstyledButton>
  );
}

/** How much of the circle is drawn: of the day's amount, or of the limit. */
function shareOf(entry: DayEntry): number {
  if (entry.limit) {
    const most = Number(entry.limit.limit);
    return most ? Math.min(1, Number(entry.limit.amount) / most) : Number(Number(entry.limit.amount) > 0);
  }
  if (entry.status === "completed") return 1;
  return Math.min(1, Number(entry.amount ?? 0) / Number(entry.daily_amount));
}
