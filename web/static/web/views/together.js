// What there is to earn, and what people do together: the way to each.

import { el, fill, title } from "../dom.js";

const PLACES = [
  ["achievements", "Achievements", "What you have earned, how far you are with the rest, and links to show it."],
  ["leaderboards", "Leaderboards", "Streaks and completed days, compared with others."],
  ["challenges", "Challenges", "One habit from a day to a day, and who keeps it best."],
  ["groups", "Groups", "Habits that you keep together, everybody’s progress, and the news."],
];

export function together(place) {
  const card = ([name, text, about]) =>
    el("li", { class: "card" }, el("div", { class: "body" }, el("h2", {}, el("a", { href: `#/${name}` }, text)), el("p", { class: "sentence" }, about)));
  fill(place, title("Together"), el("ul", { class: "plain" }, PLACES.map(card)));
}

/** The head of a view that one comes to from here; `more`: its other buttons. */
export function headOf(heading, ...more) {
  return el("div", { class: "heading" }, heading, el("div", { class: "filters" }, more, el("a", { class: "button quiet", href: "#/together" }, "Together")));
}
