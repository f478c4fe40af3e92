// Leaderboards: the best by streaks or completed days, and the user's rank; global, of a group or of a challenge.

import { api } from "../api.js";
import { shortDay } from "../dates.js";
import { el, empty, failure, fill, loading, title } from "../dom.js";
import { select } from "../forms.js";
import { limits } from "../limits.js";
import { inUnits } from "../words.js";
import { figures } from "./summary.js";
import { headOf } from "./together.js";

const READS = {
  current: (query) => api.page("leaderboards/current/", query),
  longest: (query) => api.page("leaderboards/longest/", query),
  week: (query) => api.page("leaderboards/week/", query),
  month: (query) => api.page("leaderboards/month/", query),
};
const BOARDS = [
  ["current", "Current streak"],
  ["longest", "Longest streak"],
  ["week", "This week"],
  ["month", "This month"],
];
const units = () => [
  ["day", "In days"],
  ...Array.from({ length: limits.habit.interval.max - 1 }, (_, each) => each + 2).map((days) => [`${days} days`, `Every ${days} days`]),
  ["week", "In weeks"],
  ["month", "In months"],
  ["year", "In years"],
];

/** Show the leaderboards of a group or challenge (`scope` and `id`), or the global ones. */
export function leaderboards(place, scope, id) {
  const isOfSome = ["group", "challenge"].includes(scope);
  const shown = el("div", {});
  const board = select(BOARDS, "current", { "aria-label": "Which board", onchange: () => load() });
  const unit = select(scope === "challenge" ? [["", "In the habit’s unit"], ...units()] : units(), scope === "challenge" ? "" : "day", { "aria-label": "Streaks of which unit", onchange: () => load() });
  let latest = 0;

  async function load() {
    latest += 1;
    const asked = latest;
    unit.hidden = ["week", "month"].includes(board.value);
    if (!shown.firstChild) fill(shown, loading());
    shown.setAttribute("aria-busy", "true");
    try {
      const found = await READS[board.value]({ unit: unit.hidden ? "" : unit.value, ...(isOfSome ? { [scope]: id } : {}) });
      if (asked !== latest) return;
      fill(shown, boardOf(found));
    } catch (error) {
      if (asked !== latest) return;
      if (!error.errors) throw error;
      fill(shown, failure(error, load));
    } finally {
      if (asked === latest) shown.removeAttribute("aria-busy");
    }
  }

  const back = isOfSome ? el("a", { class: "button quiet", href: `#/${scope}s/${id}` }, `The ${scope}`) : null;
  fill(place, headOf(title("Leaderboards"), back), el("div", { class: "filters" }, board, unit), shown);
  load();
}

function boardOf(found) {
  const { me, top, around, people, is_listed, first_day, last_day } = found;
  const said = (value) => (found.unit ? inUnits(value, found.unit) : inUnits(value, "day"));
  return [
    first_day ? el("p", { class: "muted" }, `${shortDay(first_day)} to ${shortDay(last_day)}`) : null,
    is_listed ? null : el("p", { class: "banner" }, "Others cannot see you here. To be ranked, turn it on in your ", el("a", { href: "#/profile" }, "profile"), "."),
    figures([
      [is_listed ? "Your rank" : "Your rank if you were listed", me.value ? `${me.rank} of ${is_listed ? people : people + 1}` : "none yet"],
      [found.unit ? "Your streak" : "Your completed days", me.value ? said(me.value) : "none yet"],
    ]),
    top.length ? places("Top", top, said) : empty("Nobody is ranked here yet."),
    me.value && !top.some(({ is_me }) => is_me) ? places("Around you", around, said) : null,
  ];
}

function places(name, rows, said) {
  return el(
    "section",
    {},
    el("h2", {}, name),
    el(
      "table",
      { class: "ranks" },
      el("thead", {}, el("tr", {}, ["Rank", "Who", "Score"].map((text) => el("th", { scope: "col" }, text)))),
      el("tbody", {}, rows.map(({ rank, username, value, is_me }) => rankRow(rank, username, is_me, said(value)))),
    ),
  );
}

/** Return a row of a ranking; the user's own row is marked. */
export function rankRow(rank, username, isMe, ...figures) {
  return el(
    "tr",
    { class: isMe ? "me" : null },
    el("td", {}, String(rank)),
    el("th", { scope: "row" }, username, isMe ? " (you)" : null),
    figures.map((text) => el("td", {}, text)),
  );
}
