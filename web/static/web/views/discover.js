// Habits published by others: following and leaving them.

import { api } from "../api.js";
import { button, el, empty, fill, title } from "../dom.js";
import { ask, notice } from "../notices.js";
import { paged } from "../paging.js";
import { state } from "../state.js";
import { inUnits, scheduleText } from "../words.js";
import { searchRow } from "./habits.js";

export function discover(place) {
  const list = el("div", {});
  const followed = el("div", {});
  const search = searchRow("Find by name", () => show(1));
  let tracks = new Map(); // habit id -> track

  const show = paged(
    list,
    "public habits",
    async (page) => {
      const [found] = await Promise.all([api.page("habits/public/", { ...page, name: search.words() }), readTracks()]);
      return found;
    },
    (results) =>
      results.length
        ? el("ul", { class: "plain" }, results.map(publicRow))
        : empty(search.words() ? "No public habit has this name." : "Nobody has published a habit yet. You could be the first."),
  );

  async function readTracks() {
    const all = await api.all("tracks/");
    tracks = new Map(all.map((track) => [track.habit.id, track]));
    const others = all.filter((track) => !track.is_own);
    fill(
      followed,
      others.length
        ? el("section", {}, el("h2", {}, "You follow"), el("ul", { class: "plain" }, others.map(followedRow)))
        : null,
    );
  }

  function publicRow(habit) {
    const track = tracks.get(habit.id);
    let side = null;
    if (habit.owner === state.me.username) side = el("span", { class: "muted" }, "Yours");
    else if (track) side = el("span", { class: "muted" }, "Following");
    else if (!habit.is_pleasant) side = button("Follow", () => follow(habit), { class: "primary", "aria-label": `Follow ${habit.name}` });
    return el(
      "li",
      { class: "card" },
      el(
        "div",
        { class: "body" },
        el("h3", {}, habit.name),
        habit.is_pleasant ? null : el("p", { class: "sentence" }, habit.sentence),
        habit.description ? el("p", { class: "muted" }, habit.description) : null,
        el(
          "p",
          { class: "marks" },
          el("span", { class: "mark" }, habit.is_pleasant ? "Pleasant: a reward" : scheduleText(habit)),
          el("span", { class: "mark" }, `by ${habit.owner}`),
          habit.followers ? el("span", { class: "mark" }, habit.followers === 1 ? "1 follower" : `${habit.followers} followers`) : null,
        ),
      ),
      el("div", { class: "side" }, side),
    );
  }

  function followedRow(track) {
    const streak = track.current_streak;
    return el(
      "li",
      { class: "card" },
      el(
        "div",
        { class: "body" },
        el("h3", {}, track.habit.name),
        el("p", { class: "sentence" }, track.habit.sentence),
        el(
          "p",
          { class: "marks" },
          el("span", { class: "mark" }, scheduleText(track.habit)),
          el("span", { class: "mark" }, track.habit.owner ? `by ${track.habit.owner}` : "its owner has left"),
          streak ? el("span", { class: "mark streak" }, `Streak: ${inUnits(streak, track.streak_unit)}`) : null,
        ),
      ),
      el("div", { class: "side" }, button("Leave", () => leave(track), { class: "quiet", "aria-label": `Leave ${track.habit.name}` })),
    );
  }

  async function follow(habit) {
    try {
      await api.post("tracks/", { habit: habit.id });
      notice(`You now follow ${habit.name}.`);
    } catch (error) {
      if (!error.errors) throw error;
      notice(error.message);
    }
    await show();
  }

  async function leave(track) {
    const agreed = await ask({
      question: `Leave “${track.habit.name}”?`,
      detail: "You get no more reminders for it. Your history is kept, and following it again continues from there.",
      yes: "Leave",
    });
    if (!agreed) return;
    try {
      await api.delete(`tracks/${track.id}/`);
      notice(`You left ${track.habit.name}.`);
    } catch (error) {
      if (!error.errors) throw error;
      notice(error.message);
    }
    await show();
  }

  fill(place, title("Discover"), followed, el("h2", {}, "Public habits"), el("div", { class: "filters" }, search.node), list);
  show();
}
