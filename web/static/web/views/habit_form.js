// The form that creates or edits a habit.

import { parseAmount } from "../amounts.js";
import { api } from "../api.js";
import { localDay, shortDay } from "../dates.js";
import { button, el, failure, fill, loading, title } from "../dom.js";
import { choice, field, form, group, input, select, showErrors } from "../forms.js";
import { ApiError } from "../http.js";
import { limits } from "../limits.js";
import { notice } from "../notices.js";
import { WEEKDAYS, WEEKDAY_NAMES, plain, scheduleText } from "../words.js";
import { remove } from "./habits.js";

const FREQUENCIES = [
  ["daily", "Daily"],
  ["weekly", "Weekly"],
  ["monthly", "Monthly"],
  ["yearly", "Yearly"],
];
const GOAL_TYPES = [
  ["at_least", "Do it"],
  ["at_most", "Keep within a limit"],
];
const TIMES_LABEL = { weekly: "Days a week", monthly: "Days a month", yearly: "Days a year" };

export function habitForm(place, id) {
  const isNew = id === "new";
  fill(place, title(isNew ? "New habit" : "Edit habit"), loading());
  load();

  async function load() {
    try {
      const [habit, pleasant] = await Promise.all([isNew ? null : api.get(`habits/${encodeURIComponent(id)}/`), api.all("habits/", { kind: "pleasant" })]);
      if (!place.isConnected) return;
      fill(place, title(isNew ? "New habit" : "Edit habit"), build(habit, pleasant.filter((other) => other.id !== habit?.id)));
    } catch (error) {
      if (!error.errors) throw error;
      fill(place, title("Habit"), failure(error, load), el("p", {}, el("a", { href: "#/habits" }, "All habits")));
    }
  }
}

function build(habit, pleasant) {
  const given = habit ?? {
    goal_type: "at_least",
    frequency: "daily",
    interval: 1,
    weekdays: [],
    times_per_period: null,
    daily_amount: "1",
    unit: "",
    limit_per_period: null,
  };
  const text = (name, traits = {}) => input("text", { name, maxlength: limits.habit.text_length, value: given[name] ?? "", ...traits });
  const number = (name, traits) => input("number", { name, inputmode: "numeric", value: given[name] ?? "", ...traits });

  const { duration } = limits.habit;

  const action = field("I will …", "action", text("action", { placeholder: "do ten push-ups" }));
  const time = field("at", "time", input("time", { name: "time", value: given.time ?? "" }), "When you are reminded.");
  const where = field("in", "place", text("place", { placeholder: "the living room" }));
  const name = field("Name", "name", text("name", { maxlength: limits.habit.name_length }), "If empty, the action is the name.");
  const description = field("Description", "description", el("textarea", { name: "description", rows: 2, maxlength: limits.habit.description_length, value: given.description ?? "" }));
  const isPleasant = choice("A pleasant habit: a reward for others, never due itself", "checkbox", { name: "is_pleasant", checked: given.is_pleasant });

  const goalType = field("Goal", "goal_type", select(GOAL_TYPES, given.goal_type, { name: "goal_type" }), habit ? "Fixed once there is a log." : null);
  const limit = field(
    "At most",
    "limit_per_period",
    input("text", { name: "limit_per_period", inputmode: "decimal", value: plain(given.limit_per_period) }),
    "In each day, week or month; 0: none at all.",
  );
  const frequency = field("How often", "frequency", select(FREQUENCIES, given.frequency, { name: "frequency" }));
  const interval = field("Every … days", "interval", number("interval", limits.habit.interval), "1 is every day.");
  const times = field("Days", "times_per_period", number("times_per_period", { min: 1 }), "If empty: the number of weekdays, or the allowed minimum.");
  const weekdays = group(
    "On",
    "weekdays",
    WEEKDAYS.map((day, index) => {
      const label = choice(WEEKDAY_NAMES[index].slice(0, 3), "checkbox", { name: "weekdays", value: day, checked: given.weekdays.includes(day) }, "day");
      label.firstChild.setAttribute("aria-label", WEEKDAY_NAMES[index]);
      return label;
    }),
    "None selected: any day.",
  );
  const amount = field("Amount a day", "daily_amount", input("text", { name: "daily_amount", inputmode: "decimal", value: plain(given.daily_amount) }));
  const unit = field("Unit", "unit", text("unit", { maxlength: limits.habit.unit_length, placeholder: "push-ups" }));
  const next = habit?.next_schedule;
  const coming = next ? `From ${shortDay(next.starts_on)}: ${scheduleText(next)}. Saving another schedule now replaces it. ` : "";
  const since = habit
    ? field("Start of a changed schedule", "schedule_from", input("date", { name: "schedule_from", min: localDay() }), `${coming}If empty: today.`)
    : null;
  const schedule = el("fieldset", {}, el("legend", {}, "Schedule"), goalType, el("div", { class: "columns" }, frequency, interval, times), weekdays, el("div", { class: "columns" }, limit, amount, unit), since);

  const kindOfReward = given.linked_habit ? "linked" : given.reward ? "text" : "none";
  const rewardKind = (value, label) => choice(label, "radio", { name: "reward_kind", value, checked: kindOfReward === value });
  const reward = field("Reward", "reward", text("reward", { placeholder: "a good coffee" }));
  const linked = field(
    "Pleasant habit",
    "linked_habit",
    select([["", "Choose …"], ...pleasant.map((other) => [other.id, other.name])], given.linked_habit, { name: "linked_habit" }),
    pleasant.length ? null : "You have no pleasant habit yet. Create one first.",
  );
  const rewards = el(
    "fieldset",
    {},
    el("legend", {}, "Reward"),
    el("div", { class: "choices" }, rewardKind("none", "Nothing"), rewardKind("text", "A reward"), rewardKind("linked", "A pleasant habit")),
    reward,
    linked,
  );

  const details = el(
    "fieldset",
    {},
    el("legend", {}, "Details"),
    field("Duration in seconds", "duration", number("duration", duration), `${duration.min} to ${duration.max}, because a habit should be short.`),
    el(
      "div",
      { class: "columns" },
      field("First day", "start_date", input("date", { name: "start_date", value: given.start_date ?? "" })),
      field("Last day", "end_date", input("date", { name: "end_date", value: given.end_date ?? "" })),
    ),
    group("Sharing", "is_published", choice("Publish, so that others can follow it", "checkbox", { name: "is_published", checked: given.is_published })),
  );

  const node = form(
    { class: "habit-form" },
    () => save(node, habit),
    el("div", { class: "columns intent" }, action, time, where),
    el("div", { class: "columns" }, name, description),
    group("Kind", "is_pleasant", isPleasant),
    schedule,
    rewards,
    details,
    el(
      "div",
      { class: "actions" },
      el("button", { type: "submit", class: "primary" }, habit ? "Save" : "Create"),
      el("a", { class: "button", href: "#/habits" }, "Cancel"),
      habit ? button("Delete", () => remove(habit, () => (location.hash = "#/habits")), { class: "danger quiet" }) : null,
    ),
  );

  function arrange() {
    const limited = node.elements.goal_type.value === "at_most";
    for (const option of node.elements.frequency.options) {
      option.disabled = limited && !limits.habit.limit_frequencies.includes(option.value);
    }
    if (node.elements.frequency.selectedOptions[0].disabled) node.elements.frequency.value = "weekly";
    const chosen = node.elements.frequency.value;
    const daily = chosen === "daily";
    const pleasantOne = node.elements.is_pleasant.checked;
    const kind = node.elements.reward_kind.value;
    schedule.hidden = rewards.hidden = pleasantOne;
    limit.hidden = !limited;
    amount.hidden = limited;
    interval.hidden = limited || !daily;
    times.hidden = limited || daily;
    times.querySelector("label").textContent = TIMES_LABEL[chosen] ?? "Days";
    Object.assign(node.elements.times_per_period, limits.habit.times_per_period[chosen]);
    weekdays.hidden = limited || (daily && Number(node.elements.interval.value) > 1);
    reward.hidden = kind !== "text";
    linked.hidden = kind !== "linked";
  }
  node.elements.frequency.addEventListener("change", () => {
    node.elements.times_per_period.value = "";
  });
  node.addEventListener("input", arrange);
  node.addEventListener("change", arrange);
  arrange();
  return node;
}

async function save(node, habit) {
  const body = bodyOf(node.elements, habit);
  try {
    const saved = await (habit ? api.patch(`habits/${habit.id}/`, body) : api.post("habits/", body));
    const later = habit && differs(body, saved) ? " The new schedule starts later." : "";
    notice(`${habit ? "Saved" : "Created"}: ${saved.name}.${later}`);
    location.hash = habit || saved.is_pleasant ? "#/habits" : "#/today";
  } catch (error) {
    if (!error.has?.("telegram_not_connected")) throw error;
    showErrors(node, error, el("p", {}, el("a", { href: "#/telegram" }, "Connect Telegram")));
  }
}

/** Return the form's values as the body of an API request. Hidden fields get their defaults. */
function bodyOf(controls, habit) {
  const value = (name) => controls[name].value.trim();
  const whole = (name) => (value(name) === "" ? null : Number(value(name)));
  const pleasant = controls.is_pleasant.checked;
  const rewardKind = pleasant ? "none" : controls.reward_kind.value;
  const body = {
    action: value("action"),
    time: value("time") || null,
    place: value("place"),
    name: value("name") || value("action") || (habit ? "" : undefined),
    description: value("description"),
    is_pleasant: pleasant,
    goal_type: pleasant ? "at_least" : value("goal_type"),
    reward: rewardKind === "text" ? value("reward") : "",
    linked_habit: rewardKind === "linked" ? whole("linked_habit") : null,
    duration: whole("duration"),
    start_date: value("start_date") || null,
    end_date: value("end_date") || null,
    is_published: controls.is_published.checked,
  };
  if (pleasant) return habit ? body : { ...body, frequency: "daily" };
  if (body.goal_type === "at_most") {
    const limited = { frequency: value("frequency"), limit_per_period: amountOf(value("limit_per_period"), "limit_per_period"), unit: value("unit") };
    return withSchedule(body, limited, habit, habit ? value("schedule_from") : "");
  }
  const daily = value("frequency") === "daily";
  const interval = daily ? (whole("interval") ?? 1) : 1;
  const schedule = {
    frequency: value("frequency"),
    interval,
    weekdays: interval > 1 ? [] : [...controls.weekdays].filter((box) => box.checked).map((box) => box.value),
    daily_amount: amountOf(value("daily_amount") || "1", "daily_amount"),
    unit: value("unit"),
  };
  if (daily) schedule.times_per_period = 1;
  else if (whole("times_per_period") !== null) schedule.times_per_period = whole("times_per_period");
  return withSchedule(body, schedule, habit, habit ? value("schedule_from") : "");
}

/** Return the body with the schedule, if it is a new one. Sending an unchanged schedule would replace a planned one. */
function withSchedule(body, schedule, habit, from) {
  if (habit && body.goal_type === habit.goal_type && !differs(schedule, habit)) return body;
  return { ...body, ...schedule, ...(from ? { schedule_from: from } : {}) };
}

/** Return a written amount as the API takes it. Throws an ApiError that the form shows at its field. */
function amountOf(text, attr) {
  const { amount, error } = parseAmount(text);
  if (error) throw new ApiError(400, [{ code: "invalid", detail: error, attr }]);
  return amount;
}

/** Return whether the schedule in `said` differs from the habit's. */
function differs(said, habit) {
  const same = {
    weekdays: (days, others) => days.join() === others.join(),
    daily_amount: (amount, other) => Number(amount) === Number(other),
    limit_per_period: (amount, other) => other !== null && Number(amount) === Number(other),
  };
  return ["frequency", "interval", "weekdays", "times_per_period", "daily_amount", "unit", "limit_per_period"].some((name) => {
    if (!(name in said)) return false;
    return !(same[name] ?? Object.is)(said[name], habit[name]);
  });
}
