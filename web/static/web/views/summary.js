// The summary of a week, a month or a year: numbers, weeks and charts, overall and by habit.

import { api } from "../api.js";
import { shortDay } from "../dates.js";
import { el, empty, fill, loading, title } from "../dom.js";
import { select } from "../forms.js";
import { paged } from "../paging.js";
import { picture } from "../pictures.js";
import { WEEKDAYS, WEEKDAY_NAMES, inUnits } from "../words.js";

const RANGES = [
  ["last_week", "7 days"],
  ["last_month", "30 days"],
  ["last_year", "365 days"],
];

export function summary(place) {
  const overall = el("section", {});
  const list = el("div", {});
  const range = select(RANGES, "last_month", { "aria-label": "Range", onchange: () => show(1) });
  const show = paged(
    list,
    "habits",
    async (page) => {
      const found = await api.page("summary/", { ...page, range: range.value });
      fill(overall, found.count ? over(found, range.value) : null);
      return { results: found.habits, count: found.count };
    },
    (results) =>
      results.length
        ? el("section", {}, el("h2", {}, "Habit by habit"), el("ul", { class: "plain" }, results.map(habitCard)))
        : empty("Nothing to summarize yet. ", el("a", { href: "#/habit/new" }, "Create a habit"), "."),
  );
  fill(place, el("div", { class: "heading" }, title("Progress"), el("div", { class: "filters" }, range)), overall, list);
  show();
}

function over({ first, last, overall, habits }, range) {
  const names = new Map(habits.map(({ habit }) => [habit.id, habit.name]));
  const streak = (best) => (best ? `${inUnits(best.length, best.unit)}${names.has(best.habit) ? `, ${names.get(best.habit)}` : ""}` : "none");
  const risk = overall.at_risk.length;
  return [
    el("p", { class: "muted" }, `${shortDay(first)} to ${shortDay(last)}, compared with the same number of days before`),
    risk ? el("p", { class: "banner" }, risk === 1 ? "One streak is at risk today. " : `${risk} streaks are at risk today. `, el("a", { href: "#/today" }, "See today")) : null,
    figures([
      ...figuresOf(overall),
      ["Average strength", percent(overall.strength)],
      ["Current streak", streak(overall.current_streak)],
      ["Longest streak", streak(overall.longest_streak)],
    ]),
    weeks(overall.weekly),
    picture(() => api.picture("summary/trend.svg", { range })),
  ];
}

function habitCard(entry) {
  const shown = el("div", {});
  const year = el("details", {}, el("summary", {}, "Show the last year"), shown);
  year.addEventListener("toggle", () => {
    if (year.open && !shown.firstChild) fill(shown, loading(), picture(() => api.picture(`tracks/${entry.track}/heatmap.svg`), () => shown.firstChild.remove()));
  });
  return el(
    "li",
    { class: "card" },
    el(
      "div",
      { class: "body" },
      el("h3", {}, entry.habit.name),
      el("p", { class: "sentence" }, entry.habit.sentence),
      figures([
        ...figuresOf(entry),
        ["Strength", percent(entry.strength)],
        ["Current streak", inUnits(entry.current_streak, entry.streak_unit)],
        ["Longest streak", entry.to_longest ? `${inUnits(entry.longest_streak, entry.streak_unit)}, ${entry.to_longest} to go` : inUnits(entry.longest_streak, entry.streak_unit)],
      ]),
      entry.at_risk ? el("p", { class: "marks" }, el("span", { class: "mark risk" }, "At risk today")) : null,
      year,
    ),
  );
}

function figuresOf({ completed, success_rate, compared, best_weekday, best_hour }) {
  const change = compared.success_rate === null ? "" : ` (${signed(Math.round(compared.success_rate * 100))} %)`;
  return [
    ["Completed days", `${completed} (${signed(compared.completed)})`],
    ["Success", `${percent(success_rate)}${change}`],
    ["Best weekday", best_weekday ? WEEKDAY_NAMES[WEEKDAYS.indexOf(best_weekday)] : "–"],
    ["Best hour", best_hour === null ? "–" : `${best_hour}:00`],
  ];
}

/** Return a list of (name, value) pairs. */
export function figures(pairs) {
  return el("dl", { class: "figures" }, pairs.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

/** Return a table of the weeks, latest first. */
function weeks(weekly) {
  if (weekly.length < 2) return null;
  return el(
    "details",
    {},
    el("summary", {}, "Week by week"),
    el(
      "table",
      {},
      el("thead", {}, el("tr", {}, ["Week", "Completed days", "Success"].map((name) => el("th", { scope: "col" }, name)))),
      el(
        "tbody",
        {},
        [...weekly].reverse().map(({ first, last, completed, success_rate }) =>
          el(
            "tr",
            {},
            el("th", { scope: "row" }, first === last ? shortDay(first) : `${shortDay(first)} – ${shortDay(last)}`),
            el("td", {}, String(completed)),
            el("td", {}, success_rate === null ? "–" : [el("progress", { max: 1, value: success_rate, "aria-hidden": "true" }), percent(success_rate)]),
          ),
        ),
      ),
    ),
  );
}

export function percent(share) {
  return share === null ? "–" : `${Math.round(share * 100)} %`;
}

function signed(number) {
  return number > 0 ? `+${number}` : number < 0 ? `−${-number}` : "±0";
}
