// Reminders: several for each habit, each with its own time and text.

import { api } from "../api.js";
import { moment } from "../dates.js";
import { button, el, empty, failure, fill, loading, title } from "../dom.js";
import { choice, field, form, input, select } from "../forms.js";
import { limits } from "../limits.js";
import { ask, notice } from "../notices.js";
import { paged } from "../paging.js";

export function reminders(place) {
  const list = el("div", {});
  const adding = el("div", {}, loading());
  const show = paged(
    list,
    "reminders",
    (page) => api.page("reminders/", page),
    (results) => (results.length ? el("ul", { class: "plain" }, results.map((each) => row(each, show))) : empty("No reminders yet.")),
  );
  fill(
    place,
    el("div", { class: "heading" }, title("Reminders"), el("a", { class: "button quiet", href: "#/habits" }, "Habits")),
    list,
    adding,
  );
  show();
  offer();

  async function offer() {
    try {
      const tracks = await api.all("tracks/");
      fill(adding, tracks.length ? adder(tracks, () => show(1)) : null);
    } catch (error) {
      if (!error.errors) throw error;
      fill(adding, failure(error, offer));
    }
  }
}

function adder(tracks, after) {
  const track = select(tracks.map(({ id, habit }) => [id, habit.name]), tracks[0].id, { name: "track" });
  return el(
    "section",
    { class: "card" },
    form(
      { class: "body" },
      async (node) => {
        const { habit } = await api.post("reminders/", { track: Number(track.value), ...given(node) });
        notice(`Added: ${habit}`);
        node.reset();
        after();
      },
      el("h2", {}, "Add a reminder"),
      field("Habit", "track", track),
      fields({ local_time: "", text: "", is_on: true }),
      el("button", { type: "submit", class: "primary" }, "Add"),
    ),
  );
}

function row(reminder, show) {
  const editor = el("div", { hidden: true });
  const open = button("Edit", () => {
    editor.hidden = !editor.hidden;
    if (!editor.hidden) fill(editor, changer(reminder, show)).querySelector("input").focus();
  }, { class: "quiet", "aria-label": `Edit the reminder of ${reminder.habit}` });
  return el(
    "li",
    { class: "card" },
    el(
      "div",
      { class: "body" },
      el("h2", {}, reminder.time ?? "No time", el("span", { class: "muted" }, ` ${reminder.habit}`)),
      reminder.text ? el("p", { class: "sentence" }, reminder.text) : null,
      el(
        "p",
        { class: "marks" },
        reminder.local_time ? null : el("span", { class: "mark" }, "at the habit’s time"),
        reminder.is_on ? null : el("span", { class: "mark" }, "off"),
        reminder.next_at ? el("span", { class: "mark" }, `next ${moment(reminder.next_at)}`) : null,
      ),
      editor,
    ),
    el(
      "div",
      { class: "side" },
      open,
      button("Remove", () => remove(reminder, show), { class: "quiet", "aria-label": `Remove the reminder of ${reminder.habit}` }),
    ),
  );
}

function changer(reminder, show) {
  return form(
    {},
    async (node) => {
      await api.patch(`reminders/${reminder.id}/`, given(node));
      notice(`Changed: ${reminder.habit}`);
      show();
    },
    fields(reminder),
    el("button", { type: "submit", class: "primary" }, "Save"),
  );
}

function fields({ local_time, text, is_on }) {
  return [
    field("At", "local_time", input("time", { name: "local_time", value: local_time ?? "" }), "If empty: the time of the habit."),
    field("Text", "text", input("text", { name: "text", maxlength: limits.reminder.text_length, value: text }), "If empty: the sentence of the habit."),
    choice("On", "checkbox", { name: "is_on", checked: is_on }),
  ];
}

function given(node) {
  const { local_time, text, is_on } = node.elements;
  return { local_time: local_time.value || null, text: text.value.trim(), is_on: is_on.checked };
}

async function remove(reminder, show) {
  const agreed = await ask({ question: `Remove the reminder of “${reminder.habit}”?`, detail: "The habit is kept.", yes: "Remove" });
  if (!agreed) return;
  try {
    await api.delete(`reminders/${reminder.id}/`);
  } catch (error) {
    if (!error.errors) throw error;
    if (error.status !== 404) return notice(error.message);
  }
  show();
}
