import { useLingui } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useEffect, useRef } from "react";
import { Link } from "react-router";
import { addDays, type Day, type WeekStart, weekOf } from "../shared/dates/days";
import { longDay, shortWeekday } from "../shared/dates/format";
import { DayRing } from "./DayRing";
import classes from "./today.module.css";
import { useSwipe } from "./useSwipe";
import { type DayShare, weekQuery } from "./week";

interface Props {
  day: Day;
  today: Day;
  starts: WeekStart;
  /** What is done of the shown day, which is newer than what the week says. */
  shown: DayShare | undefined;
  onDay: (day: Day) => void;
}

const STEPS: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, PageUp: -7, PageDown: 7 };

/** The week of the shown day, each day with a ring. Arrow keys go by days, page keys and swiping by weeks. */
export function WeekStrip({ day, today, starts, shown, onDay }: Props) {
  const { t } = useLingui();
  const days = weekOf(day, starts);
  const [first = day, last = day] = [days[0], days.at(-1)];
  const shares = useQuery(weekQuery(first, last < today ? last : today)).data;
  const strip = useRef<HTMLElement>(null);
  const swipe = useSwipe((weeks) => onDay(addDays(day, 7 * weeks)));
  // biome-ignore lint/correctness/useExhaustiveDependencies: the focus follows the shown day
  useEffect(() => {
    if (strip.current?.contains(document.activeElement)) {
      strip.current.querySelector<HTMLElement>("[aria-current]")?.focus();
    }
  }, [day]);
  function onKey(event: KeyboardEvent) {
    const step = STEPS[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    onDay(addDays(day, step));
  }
  return (
    <nav className={classes.strip} aria-label={t`Days`} ref={strip} onKeyDown={onKey} {...swipe}>
      <div className={classes.week}>
        {days.map((each) => {
          const share = each === day ? shown : shares?.[each];
          const content = (
            <span className={classes.dayFace} aria-hidden="true">
              {shortWeekday(each)}
              <DayRing day={each} share={share} />
            </span>
          );
          if (each > today) {
            return (
              <span key={each} className={classes.day} data-future>
                {content}
              </span>
            );
          }
          const name = longDay(each);
          const [done, all] = [share?.done ?? 0, share?.all ?? 0];
          return (
            <Link
              key={each}
              to={each === today ? "/" : `/day/${each}`}
              preventScrollReset
              className={classes.day}
              aria-current={each === day ? "date" : undefined}
            >
              {content}
              <span className="visually-hidden">{all ? t`${name}: ${done} of ${all} done` : name}</span>
            </Link>
          );
        })}
      </div>
    </nav>
  );
}
