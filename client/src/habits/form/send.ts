// How a habit is sent: its pleasant habit first, if that is new, then the habit, then how the list shows it.
import { answered, api } from "../../shared/api/client";
import type { FormValues } from "./HabitFields";
import { type Look, saveLook } from "./look";
import { bodyOfEdit, bodyOfNew, type Habit } from "./values";

/** Make the pleasant habit of a form, if it names a new one, and return the form with it chosen. */
export async function withPleasant(values: FormValues): Promise<FormValues> {
  if (values.goal_type === "pleasant" || values.reward_kind !== "new") return values;
  const made = await answered(
    api.POST("/habits/", {
      body: bodyOfNew({ ...values, goal_type: "pleasant", name: values.new_pleasant, ...NOT_OF_PLEASANT }),
    }),
  );
  return { ...values, reward_kind: "linked", linked_habit: String(made.id), new_pleasant: "" };
}

const NOT_OF_PLEASANT = {
  action: "",
  time: "",
  place: "",
  description: "",
  duration: "",
  start_date: "",
  end_date: "",
  is_published: false,
};

/** Make a habit and return it. */
export function makeHabit(values: FormValues): Promise<Habit> {
  return answered(api.POST("/habits/", { body: bodyOfNew(values) }));
}

/** Change a habit and how the list shows it, and return it. */
export async function changeHabit(values: FormValues, habit: Habit, before: Look): Promise<Habit> {
  const changed = await answered(
    api.PATCH("/habits/{id}/", { params: { path: { id: habit.id } }, body: bodyOfEdit(values, habit) }),
  );
  if (changed.track !== null) await saveLook(changed.track, values, before);
  return changed;
}
