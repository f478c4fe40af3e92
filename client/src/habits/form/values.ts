// What the form of a habit holds, and how that becomes bodies of the API. Names are the API's, so that its refusals find
// their fields.
import type { Schema } from "../../shared/api/types";
import { parseAmount } from "../../shared/numbers/amounts";
import { amountToEdit } from "../../shared/numbers/format";

export type Habit = Schema<"Habit">;
export type HabitInput = Schema<"HabitInput">;
export type HabitEdit = Schema<"HabitEdit">;
export type Template = Schema<"Template">;
export type Frequency = Habit["frequency"];
export type Weekday = Habit["weekdays"][number];

export const WEEKDAYS: readonly Weekday[] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

export type HabitValues = {
  /** The goal; "pleasant" is a habit that is a reward for others. */
  goal_type: "at_least" | "at_most" | "pleasant";
  action: string;
  time: string;
  place: string;
  name: string;
  description: string;
  frequency: Frequency;
  interval: string;
  weekdays: Weekday[];
  times_per_period: string;
  daily_amount: string;
  unit: string;
  limit_per_period: string;
  reward_kind: "none" | "reward" | "linked" | "new";
  reward: string;
  linked_habit: string;
  /** The name of a pleasant habit that is made with this one. */
  new_pleasant: string;
  duration: string;
  start_date: string;
  end_date: string;
  is_published: boolean;
  schedule_from: string;
};

export const EMPTY: HabitValues = {
  goal_type: "at_least",
  action: "",
  time: "",
  place: "",
  name: "",
  description: "",
  frequency: "daily",
  interval: "1",
  weekdays: [],
  times_per_period: "",
  daily_amount: "1",
  unit: "",
  limit_per_period: "",
  reward_kind: "none",
  reward: "",
  linked_habit: "",
  new_pleasant: "",
  duration: "",
  start_date: "",
  end_date: "",
  is_published: false,
  schedule_from: "",
};

export function valuesOfHabit(habit: Habit): HabitValues {
  const hasReward = habit.reward ? "reward" : "none";
  return {
    ...EMPTY,
    goal_type: habit.is_pleasant ? "pleasant" : habit.goal_type,
    action: habit.action,
    time: habit.time ?? "",
    place: habit.place,
    name: habit.name === habit.action ? "" : habit.name,
    description: habit.description,
    frequency: habit.frequency,
    interval: String(habit.interval),
    weekdays: [...habit.weekdays],
    times_per_period: habit.frequency === "daily" ? "" : String(habit.times_per_period),
    daily_amount: amountToEdit(habit.daily_amount),
    unit: habit.unit,
    limit_per_period: amountToEdit(habit.limit_per_period),
    reward_kind: habit.linked_habit === null ? hasReward : "linked",
    reward: habit.reward,
    linked_habit: habit.linked_habit === null ? "" : String(habit.linked_habit),
    duration: habit.duration === null ? "" : String(habit.duration),
    start_date: habit.start_date ?? "",
    end_date: habit.end_date ?? "",
    is_published: habit.is_published,
  };
}

export function valuesOfTemplate({ habit, pleasant }: Template): HabitValues {
  return {
    ...EMPTY,
    action: habit.action,
    name: habit.name,
    time: habit.time.slice(0, 5),
    place: habit.place,
    frequency: habit.frequency,
    weekdays: [...habit.weekdays],
    daily_amount: amountToEdit(habit.daily_amount),
    unit: habit.unit,
    duration: String(habit.duration),
    reward_kind: "new",
    new_pleasant: pleasant.name,
  };
}

/** Return the schedule as the API takes it; what does not belong to the goal and the frequency is left out. */
export function scheduleOf(values: HabitValues): Partial<HabitInput> {
  const { frequency, unit } = values;
  if (values.goal_type === "pleasant") return {};
  if (values.goal_type === "at_most") {
    return { frequency, unit: unit.trim(), limit_per_period: amountOf(values.limit_per_period) };
  }
  const isDaily = frequency === "daily";
  const interval = isDaily ? Number(values.interval || "1") : 1;
  const times = isDaily ? 1 : wholeOf(values.times_per_period);
  return {
    frequency,
    interval,
    weekdays: interval > 1 ? [] : WEEKDAYS.filter((day) => values.weekdays.includes(day)),
    daily_amount: amountOf(values.daily_amount || "1"),
    unit: unit.trim(),
    ...(times === null ? {} : { times_per_period: times }),
  };
}

/** Return everything but the schedule as the API takes it. */
export function textsOf(values: HabitValues): HabitInput {
  const isPleasant = values.goal_type === "pleasant";
  const rewardKind = isPleasant ? "none" : values.reward_kind;
  return {
    action: values.action.trim(),
    time: values.time || null,
    place: values.place.trim(),
    name: values.name.trim() || values.action.trim(),
    description: values.description.trim(),
    is_pleasant: isPleasant,
    goal_type: values.goal_type === "at_most" ? "at_most" : "at_least",
    reward: rewardKind === "reward" ? values.reward.trim() : "",
    linked_habit: rewardKind === "linked" ? wholeOf(values.linked_habit) : null,
    duration: wholeOf(values.duration),
    start_date: values.start_date || null,
    end_date: values.end_date || null,
    is_published: values.is_published,
  };
}

export function bodyOfNew(values: HabitValues): HabitInput {
  const schedule = values.goal_type === "pleasant" ? { frequency: "daily" as const } : scheduleOf(values);
  return { ...textsOf(values), ...schedule };
}

/** Return the body of an edit. An unchanged schedule is left out, since it would replace one that is planned. */
export function bodyOfEdit(values: HabitValues, habit: Habit): HabitEdit {
  const body = textsOf(values);
  if (!hasOtherSchedule(values, habit)) return body;
  const from = values.schedule_from ? { schedule_from: values.schedule_from } : {};
  return { ...body, ...scheduleOf(values), ...from };
}

/** Whether the form says another schedule than the habit has today. */
export function hasOtherSchedule(values: HabitValues, habit: Habit): boolean {
  if (values.goal_type === "pleasant") return false;
  if (values.goal_type !== habit.goal_type || habit.is_pleasant) return true;
  const said = scheduleOf(values);
  return Object.entries(said).some(([name, value]) => {
    const old = habit[name as keyof typeof habit];
    if (Array.isArray(value)) return value.join() !== (old as string[]).join();
    if (name === "daily_amount" || name === "limit_per_period") {
      return old === null || Number(value) !== Number(old);
    }
    return value !== old;
  });
}

function wholeOf(text: string): number | null {
  return text.trim() === "" ? null : Number(text);
}

/** Return an amount as the API takes it; what cannot be read stays as it is, since the form has refused it before. */
function amountOf(text: string): string {
  const parsed = parseAmount(text);
  return "amount" in parsed ? parsed.amount : text;
}
