import { useLingui } from "@lingui/react/macro";
import type { DayEntry } from "../shared/api/types";
import { type EntryGroup, type Grouping, grouped } from "./grouping";
import { HabitCard } from "./HabitCard";
import classes from "./today.module.css";

/** The cards of a day, in groups. */
export function HabitList({ entries, by, isToday }: { entries: DayEntry[]; by: Grouping; isToday: boolean }) {
  const titleOf = useGroupTitle(by);
  return grouped(entries, by).map((group) => (
    <section key={group.name} aria-label={titleOf(group) || undefined}>
      {by === "none" ? null : <h2 className={classes.group}>{titleOf(group)}</h2>}
      <ul className={classes.list}>
        {group.entries.map((entry) => (
          <HabitCard key={entry.track.id} entry={entry} isToday={isToday} />
        ))}
      </ul>
    </section>
  ));
}

function useGroupTitle(by: Grouping): (group: EntryGroup) => string {
  const { t } = useLingui();
  const parts: Record<string, string> = {
    morning: t`Morning`,
    afternoon: t`Afternoon`,
    evening: t`Evening`,
    anytime: t`Any time`,
  };
  return ({ name }) => (by === "time" ? (parts[name] ?? "") : by === "tag" ? name || t`Without a tag` : "");
}
