// The card of one habit on one day, with its state and buttons.

import { parseAmount } from "../amounts.js";
import { longDay } from "../dates.js";
import { button, el, icon } from "../dom.js";
import { input } from "../forms.js";
import { limits } from "../limits.js";
import { amountText, hasAmount, inUnits, isLimit, limitText, periodName, plain } from "../words.js";

/** Return the card. `acts`: done(), skip(), clear(), amount(text with two decimals). */
export function card(entry, acts) {
  if (isLimit(entry.track.habit)) return limitCard(entry, acts);
  const { track, status } = entry;
  const { habit } = track;
  const key = (name) => ({ "data-key": `${name}-${track.id}` });
  const done = status === "completed";
  const said = status !== null;
  return el(
    "li",
    { class: `card day-card${done ? " is-done" : ""}${status === "skipped" || status === "missed" ? " is-aside" : ""}` },
    el(
      "button",
      {
        type: "button",
        class: "tick",
        "aria-pressed": String(done),
        "aria-label": done ? `Undo: ${habit.name}` : `Done: ${habit.name}`,
        title: done ? "Undo" : "Done",
        onclick: done ? acts.clear : acts.done,
        ...key("tick"),
      },
      icon("tick"),
    ),
    el(
      "div",
      { class: "body" },
      el("h3", {}, habit.name),
      el("p", { class: "sentence" }, habit.sentence, habit.duration ? ` · ${habit.duration} s` : ""),
      marks(entry),
    ),
    el(
      "div",
      { class: "side" },
      said
        ? button("Undo", acts.clear, { class: "quiet", "aria-label": `Undo: ${habit.name}`, ...key("undo") })
        : button("Skip", acts.skip, { class: "quiet", "aria-label": `Skip: ${habit.name}`, ...key("skip") }),
    ),
    hasAmount({ daily_amount: entry.daily_amount, unit: habit.unit }) ? amountRow(entry, acts, key) : null,
    entry.error ? el("p", { class: "error wide", role: "alert" }, entry.error) : null,
  );
}

/** Return the card of a limit habit: its button shows the day's count and adds one. */
function limitCard(entry, acts) {
  const { track, status } = entry;
  const { habit } = track;
  const key = (name) => ({ "data-key": `${name}-${track.id}` });
  const count = Number(entry.amount ?? 0);
  const isOver = entry.limit?.verdict === "broken";
  const side = status
    ? button("Undo", acts.clear, { class: "quiet", "aria-label": `Undo: ${habit.name}`, ...key("undo") })
    : [
        button("None", () => acts.amount("0.00"), { class: "quiet", "aria-label": `None today: ${habit.name}`, ...key("none") }),
        button("Skip", acts.skip, { class: "quiet", "aria-label": `Skip: ${habit.name}`, ...key("skip") }),
      ];
  return el(
    "li",
    { class: `card day-card${isOver || status === "skipped" ? " is-aside" : ""}` },
    button(status === "skipped" ? "–" : plain(count), () => acts.amount((count + 1).toFixed(2)), {
      class: "tick count",
      "aria-label": `Add one: ${habit.name}, ${plain(count)} so far on this day`,
      title: "Add one",
      ...key("tick"),
    }),
    el(
      "div",
      { class: "body" },
      el("h3", {}, habit.name),
      entry.limit ? el("p", { class: isOver ? "sentence error" : "sentence" }, limitText(entry.limit, habit.unit, entry.period.unit)) : null,
      marks({ ...entry, period: null }),
    ),
    el("div", { class: "side" }, side),
    amountRow(entry, acts, key),
    entry.error ? el("p", { class: "error wide", role: "alert" }, entry.error) : null,
  );
}

function marks(entry) {
  const { track, status, period } = entry;
  const streak = track.current_streak;
  return el(
    "p",
    { class: "marks" },
    streak ? el("span", { class: "mark streak" }, icon("flame"), `Streak: ${inUnits(streak, track.streak_unit)}`) : null,
    entry.at_risk && entry.due ? el("span", { class: "mark risk" }, "At risk today") : null,
    period && (period.required > 1 || period.unit !== "day") ? el("span", { class: "mark" }, progressText(period)) : null,
    status === "skipped" ? el("span", { class: "mark" }, "Skipped") : null,
    status === "missed" ? el("span", { class: "mark" }, "Missed") : null,
    entry.day < track.started_on && !status ? el("span", { class: "mark" }, "Before the start; completing it moves the start to this day") : null,
    track.is_own || !track.habit.owner ? null : el("span", { class: "mark" }, `by ${track.habit.owner}`),
  );
}

function progressText(period) {
  const name = periodName(period.unit);
  if (period.required === 1 && period.done === 0) return `Once ${name}, until ${longDay(period.last)}`;
  if (period.done >= period.required) return `${period.done} of ${period.required} ${name}, kept`;
  return `${period.done} of ${period.required} ${name}`;
}

/** Return the row that shows and sets the amount of the day. */
function amountRow(entry, acts, key) {
  const { habit } = entry.track;
  const isCounted = isLimit(habit);
  const whole = Number(entry.daily_amount);
  // A text: browsers drop the comma of "0,5" from a number, and it becomes 5.
  const total = input("text", {
    inputmode: "decimal",
    value: plain(entry.amount),
    placeholder: "0",
    "aria-label": `Amount for the day${habit.unit ? `, in ${habit.unit}` : ""}: ${habit.name}`,
    ...key("amount"),
  });
  const row = el(
    "form",
    { class: "amount wide", novalidate: true },
    isCounted ? null : el("progress", { max: whole, value: Math.min(Number(entry.amount ?? 0), whole), "aria-label": `Done of ${amountText(whole, habit.unit)}` }),
    total,
    el("span", {}, isCounted ? habit.unit : `of ${amountText(whole, habit.unit)}`),
    el("button", { type: "submit", "aria-label": `Save the amount: ${habit.name}` }, "Save"),
  );
  row.addEventListener("submit", (event) => {
    event.preventDefault();
    const { amount, error } = total.value.trim() ? parseAmount(total.value) : { amount: "0.00" };
    const wrong = error ?? outOfRange(amount);
    row.querySelector(".error")?.remove();
    if (!wrong) return acts.amount(amount);
    row.append(el("p", { class: "error", role: "alert" }, wrong));
    total.select();
  });
  return row;
}

function outOfRange(amount) {
  const { max } = limits.log.amount;
  return Number(amount) < 0 || Number(amount) > Number(max) ? `Enter an amount from 0 to ${max}.` : null;
}
