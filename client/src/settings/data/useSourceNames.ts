import { useLingui } from "@lingui/react/macro";

/** Return what has made a file, as it was recognised. */
export function useSourceNames(): (source: string) => string {
  const { t } = useLingui();
  const names: Record<string, string> = {
    loop_csv: t`Loop Habit Tracker (CSV)`,
    loop_csv_old: t`Loop Habit Tracker (older CSV)`,
    loop_db: t`Loop Habit Tracker (database)`,
    beaver_json: "Beaver Habits",
    habitbull_csv: "HabitBull",
    habitica_csv: t`Habitica (history)`,
    habitica_json: t`Habitica (user data)`,
    habittrove_zip: "HabitTrove",
    table_habit_json: "Table Habit",
    streaks_csv: "Streaks",
    csv: t`A table (CSV)`,
    export: t`An export of this service`,
  };
  return (source) => names[source] ?? source;
}
