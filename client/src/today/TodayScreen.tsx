import { useLingui } from "@lingui/react/macro";
import { useEffect, useState } from "react";
import { useNavigate, useParams } from "react-router";
import { type Day, isDay } from "../shared/dates/days";
import { longDay } from "../shared/dates/format";
import { useToday } from "../shared/dates/useToday";
import { useMe } from "../shared/person/me";
import { LoadFailure } from "../shared/ui/LoadFailure";
import { Loading } from "../shared/ui/Loading";
import { DayHeader } from "./DayHeader";
import { HabitList } from "./HabitList";
import { NothingToday } from "./NothingToday";
import { OrderList } from "./OrderList";
import { useDay } from "./useDay";
import { ViewMenu } from "./ViewMenu";
import { useGrouping } from "./view";
import { WeekStrip } from "./WeekStrip";
import { shareOfEntries } from "./week";

/** The habits of a day: today, or the day in the address. */
export function TodayScreen() {
  const { t } = useLingui();
  const navigate = useNavigate();
  const me = useMe();
  const today = useToday();
  const { day: asked } = useParams();
  const day = isDay(asked) && asked <= today ? asked : today;
  const { entries, error, refetch } = useDay(day);
  const [by, setBy] = useGrouping();
  const [isOrdering, setIsOrdering] = useState(false);
  const title = day === today ? t`Today` : longDay(day);
  useEffect(() => {
    document.title = `${title} · Habit Tracker`;
  }, [title]);
  const open = (next: Day) =>
    void navigate(next >= today ? "/" : `/day/${next}`, { preventScrollReset: true });
  return (
    <>
      <DayHeader day={day} today={today} onDay={open}>
        <ViewMenu by={by} onBy={setBy} onOrder={() => setIsOrdering(true)} />
      </DayHeader>
      <WeekStrip
        day={day}
        today={today}
        starts={me.week_starts_on}
        shown={entries && shareOfEntries(entries)}
        onDay={open}
      />
      {!entries ? (
        error ? (
          <LoadFailure error={error} onRetry={() => void refetch()} />
        ) : (
          <Loading />
        )
      ) : entries.length === 0 ? (
        <NothingToday day={day} today={today} />
      ) : isOrdering ? (
        <OrderList entries={entries} onClose={() => setIsOrdering(false)} />
      ) : (
        <HabitList entries={entries} by={by} isToday={day === today} />
      )}
    </>
  );
}
