// What the form of a habit refuses before it is sent.
import { t } from "@lingui/core/macro";
import type { Limits } from "../../shared/api/types";
import { amountProblem } from "../../shared/numbers/problems";
import type { HabitValues } from "./values";

type Problems = Partial<Record<keyof HabitValues, string | null>>;

/** Return what is wrong, by field. */
export function habitProblems(values: HabitValues, { habit }: Limits): Problems {
  const problems: Problems = {};
  const isPleasant = values.goal_type === "pleasant";
  if (!values.action.trim() && !values.name.trim()) {
    if (isPleasant) problems.name = t`Say what it is.`;
    else problems.action = t`Say what you will do.`;
  }
  problems.duration = wholeProblem(values.duration, habit.duration);
  if (isPleasant) return problems;
  if (values.goal_type === "at_most") {
    problems.limit_per_period = amountProblem(values.limit_per_period, habit.limit_per_period);
    if (!habit.limit_frequencies.includes(values.frequency)) {
      problems.frequency = t`A limit is for a day, a week or a month.`;
    }
  } else {
    problems.daily_amount = amountProblem(values.daily_amount || "1", habit.daily_amount);
    if (values.frequency === "daily") problems.interval = wholeProblem(values.interval, habit.interval);
    else {
      const range = habit.times_per_period[values.frequency];
      problems.times_per_period = wholeProblem(values.times_per_period, range);
    }
  }
  if (values.reward_kind === "linked" && !values.linked_habit) problems.linked_habit = t`Choose a habit.`;
  if (values.reward_kind === "new" && !values.new_pleasant.trim()) problems.new_pleasant = t`Say what it is.`;
  return problems;
}

/** Return why a text is no whole number of a range; null if it is one, or empty. */
export function wholeProblem(text: string, { min, max }: { min: number; max: number }): string | null {
  const written = text.trim();
  if (written === "") return null;
  if (/^\d+$/.test(written) && Number(written) >= min && Number(written) <= max) return null;
  return t`Enter a whole number from ${min} to ${max}.`;
}
