// The user's habits: search, pages, editing and deleting.

import { api } from "../api.js";
import { shortDay } from "../dates.js";
import { button, el, empty, fill, newId, title } from "../dom.js";
import { input, select } from "../forms.js";
import { limits } from "../limits.js";
import { ask, notice } from "../notices.js";
import { paged } from "../paging.js";
import { scheduleText } from "../words.js";

const ORDERS = [
  ["", "Oldest first"],
  ["-created_at", "Newest first"],
  ["name", "By name"],
  ["frequency", "By frequency"],
];
const KINDS = [
  ["", "All"],
  ["useful", "Useful"],
  ["pleasant", "Pleasant"],
];

export function habits(place) {
  const list = el("div", {});
  const search = searchRow("Find by name", () => show(1));
  const kind = select(KINDS, "", { "aria-label": "Kind", onchange: () => show(1) });
  const order = select(ORDERS, "", { "aria-label": "Order", onchange: () => show(1) });
  const show = paged(
    list,
    "habits",
    (page) => api.page("habits/", { ...page, name: search.words(), kind: kind.value, ordering: order.value }),
    (results) =>
      results.length
        ? el("ul", { class: "plain" }, results.map((habit) => row(habit, show)))
        : empty(search.words() || kind.value ? "No habit matches." : "No habits yet. Start with a small one."),
  );
  fill(
    place,
    el(
      "div",
      { class: "heading" },
      title("Habits"),
      el(
        "div",
        { class: "filters" },
        el("a", { class: "button", href: "#/reminders" }, "Reminders"),
        el("a", { class: "button", href: "#/pauses" }, "Pauses"),
        el("a", { class: "button primary", href: "#/habit/new" }, "New habit"),
      ),
    ),
    el("div", { class: "filters" }, search.node, kind, order),
    list,
  );
  show();
}

function row(habit, show) {
  return el(
    "li",
    { class: "card" },
    el(
      "div",
      { class: "body" },
      el("h2", {}, el("a", { href: `#/habit/${habit.id}` }, habit.name)),
      habit.is_pleasant ? null : el("p", { class: "sentence" }, habit.sentence),
      el(
        "p",
        { class: "marks" },
        habit.is_pleasant ? el("span", { class: "mark" }, "Pleasant: a reward") : el("span", { class: "mark" }, scheduleText(habit)),
        habit.next_schedule
          ? el("span", { class: "mark" }, `From ${shortDay(habit.next_schedule.starts_on)}: ${scheduleText(habit.next_schedule)}`)
          : null,
        habit.is_published ? el("span", { class: "mark" }, "Published") : null,
      ),
    ),
    el(
      "div",
      { class: "side" },
      el("a", { class: "button quiet", href: `#/habit/${habit.id}`, "aria-label": `Edit ${habit.name}` }, "Edit"),
      button("Delete", () => remove(habit, () => show()), { class: "quiet", "aria-label": `Delete ${habit.name}` }),
    ),
  );
}

/** Delete a habit after a confirmation, then call `after`. */
export async function remove(habit, after) {
  const agreed = await ask({
    question: `Delete “${habit.name}”?`,
    detail: habit.is_published
      ? "Its logs, streaks and reminders are deleted too. People who follow it can keep it."
      : "Its logs, streaks and reminders are deleted too. This cannot be undone.",
    yes: "Delete",
  });
  if (!agreed) return;
  try {
    await api.delete(`habits/${habit.id}/`);
  } catch (error) {
    if (!error.errors) throw error;
    if (error.status !== 404) return notice(error.message);
  }
  notice(`Deleted: ${habit.name}`);
  after();
}

/** Return a search field that searches shortly after the last key. */
export function searchRow(label, search) {
  const id = newId("search");
  let timer = null;
  const control = input("search", { id, placeholder: label, maxlength: limits.habit.name_length });
  const now = () => {
    clearTimeout(timer);
    search();
  };
  control.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, 350);
  });
  const node = el("form", { role: "search" }, el("label", { class: "unseen", for: id }, label), control);
  node.addEventListener("submit", (event) => {
    event.preventDefault();
    now();
  });
  return { node, words: () => control.value.trim() };
}
