import { describe, expect, it } from "vitest";
import { changedLook, NO_LOOK } from "./look";
import { bodyOfEdit, bodyOfNew, EMPTY, type Habit, hasOtherSchedule, valuesOfHabit } from "./values";

const HABIT: Habit = {
  id: 12,
  owner: "alice",
  sentence: "I will read",
  name: "Read",
  description: "",
  action: "read",
  place: "",
  time: null,
  is_pleasant: false,
  goal_type: "at_least",
  reward: "",
  linked_habit: null,
  duration: null,
  start_date: null,
  end_date: null,
  frequency: "weekly",
  interval: 1,
  weekdays: ["mon", "thu"],
  times_per_period: 2,
  daily_amount: "0.50",
  unit: "l",
  limit_per_period: null,
  is_published: false,
  track: 34,
  created_at: "",
  updated_at: "",
};
const VALUES = valuesOfHabit(HABIT);

describe("the form of a habit", () => {
  it("sends a written half as 0.50, and names the habit by its action", () => {
    const body = bodyOfNew({ ...EMPTY, action: " run ", daily_amount: "0,5" });
    expect(body).toMatchObject({ action: "run", name: "run", daily_amount: "0.50", times_per_period: 1 });
  });

  it("leaves an unchanged schedule out, so that a planned one stays", () => {
    expect(hasOtherSchedule(VALUES, HABIT)).toBe(false);
    expect(bodyOfEdit({ ...VALUES, schedule_from: "2026-12-01" }, HABIT)).not.toHaveProperty("frequency");
  });

  it("sends a changed schedule with the day from which it holds", () => {
    const changed = { ...VALUES, times_per_period: "3", schedule_from: "2026-12-01" };
    expect(bodyOfEdit(changed, HABIT)).toMatchObject({ times_per_period: 3, schedule_from: "2026-12-01" });
  });

  it("chosen days in another order are the same schedule", () =>
    expect(hasOtherSchedule({ ...VALUES, weekdays: ["thu", "mon"] }, HABIT)).toBe(false));

  it("of a limit sends no targets, of a pleasant habit no schedule and no reward", () => {
    const limit = bodyOfNew({ ...VALUES, goal_type: "at_most", limit_per_period: "3" });
    expect(limit).toMatchObject({ goal_type: "at_most", limit_per_period: "3.00" });
    expect(limit).not.toHaveProperty("weekdays");
    const pleasant = bodyOfNew({ ...VALUES, goal_type: "pleasant", reward_kind: "reward", reward: "tea" });
    expect(pleasant).toMatchObject({ is_pleasant: true, reward: "", frequency: "daily" });
  });

  it("sends a reward or a linked habit, never both", () => {
    const both = { ...VALUES, reward: "tea", linked_habit: "7" };
    expect(bodyOfNew({ ...both, reward_kind: "reward" })).toMatchObject({
      reward: "tea",
      linked_habit: null,
    });
    expect(bodyOfNew({ ...both, reward_kind: "linked" })).toMatchObject({ reward: "", linked_habit: 7 });
  });

  it("sends of its look what has changed", () => {
    expect(changedLook(NO_LOOK, NO_LOOK)).toBeNull();
    expect(changedLook({ ...NO_LOOK, tags: ["home"] }, NO_LOOK)).toEqual({ tags: ["home"] });
  });
});
