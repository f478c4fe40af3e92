// Pauses of one habit or of all habits.

import { api } from "../api.js";
import { dayBefore, localDay, shortDay } from "../dates.js";
import { button, el, empty, failure, fill, loading, title } from "../dom.js";
import { field, form, input, select } from "../forms.js";
import { ask, notice } from "../notices.js";
import { paged } from "../paging.js";

const ALL = "All habits";

export function pauses(place) {
  const adding = el("section", {});
  const list = el("div", {});
  let names = new Map(); // track id -> the habit's name

  const show = paged(
    list,
    "pauses",
    (page) => api.page("pauses/", page),
    (results) => (results.length ? el("ul", { class: "plain" }, results.map(row)) : empty("No pauses.")),
  );

  async function start() {
    fill(adding, loading());
    try {
      const tracks = await api.all("tracks/");
      names = new Map(tracks.map((track) => [track.id, track.habit.name]));
      fill(adding, newPause());
      show(1);
    } catch (error) {
      if (!error.errors) throw error;
      fill(adding, failure(error, start));
    }
  }

  function newPause() {
    return form(
      {},
      async (node) => {
        const { track, first_day, last_day } = node.elements;
        await api.post("pauses/", {
          track: track.value ? Number(track.value) : null,
          first_day: first_day.value,
          last_day: last_day.value || null,
        });
        notice(`Paused: ${track.value ? names.get(Number(track.value)) : ALL}`);
        last_day.value = "";
        await show(1);
      },
      field("What", "track", select([["", ALL], ...names], "", { name: "track" })),
      el(
        "div",
        { class: "columns" },
        field("First day", "first_day", input("date", { name: "first_day", value: localDay() })),
        field("Last day", "last_day", input("date", { name: "last_day" }), "If empty: until you end it."),
      ),
      el("div", { class: "actions" }, el("button", { type: "submit", class: "primary" }, "Pause")),
    );
  }

  function row(pause) {
    const name = pause.track === null ? ALL : (names.get(pause.track) ?? "A habit");
    const today = localDay();
    const begun = pause.first_day <= today;
    const over = pause.last_day !== null && pause.last_day < today;
    const state = over ? "Over" : begun ? "Now" : "Upcoming";
    return el(
      "li",
      { class: "card" },
      el(
        "div",
        { class: "body" },
        el("h3", {}, name),
        el("p", { class: "sentence" }, span(pause)),
        el("p", { class: "marks" }, el("span", { class: begun && !over ? "mark streak" : "mark" }, state)),
      ),
      el(
        "div",
        { class: "side" },
        begun && !over ? button("End", () => end(pause, name), { class: "quiet", "aria-label": `End the pause: ${name}` }) : null,
        button("Delete", () => remove(pause, name), { class: "quiet", "aria-label": `Delete the pause: ${name}` }),
      ),
    );
  }

  /** End the pause yesterday. A pause that started today would be empty, so it is deleted. */
  async function end(pause, name) {
    const today = localDay();
    await tell(
      () =>
        pause.first_day < today
          ? api.patch(`pauses/${pause.id}/`, { last_day: dayBefore(today) })
          : api.delete(`pauses/${pause.id}/`),
      `Ended: ${name} is due again from today.`,
    );
  }

  async function remove(pause, name) {
    const agreed = await ask({
      question: `Delete the pause of ${name}?`,
      detail: "Its days count again, past ones too, which may break a streak. To continue from today, end the pause instead.",
      yes: "Delete",
    });
    if (agreed) await tell(() => api.delete(`pauses/${pause.id}/`), `Deleted: the pause of ${name}.`);
  }

  async function tell(change, done) {
    try {
      await change();
      notice(done);
    } catch (error) {
      if (!error.errors) throw error;
      if (error.status !== 404) return notice(error.message);
    }
    await show();
  }

  fill(
    place,
    el("div", { class: "heading" }, title("Pauses"), el("a", { class: "button", href: "#/habits" }, "Habits")),
    el("p", { class: "muted" }, "During a pause nothing is due, no reminders are sent, and no streak breaks."),
    adding,
    list,
  );
  start();
}

function span({ first_day, last_day }) {
  if (last_day === null) return `From ${shortDay(first_day)} until you end it`;
  return first_day === last_day ? shortDay(first_day) : `From ${shortDay(first_day)} to ${shortDay(last_day)}`;
}
