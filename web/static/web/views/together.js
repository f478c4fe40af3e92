// Links to achievements, leaderboards, challenges and groups.

import { el, fill, title } from "../dom.js";

const PLACES = [
  ["achievements", "Achievements", "What you have earned, your progress with the rest, and share links."],
  ["leaderboards", "Leaderboards", "Streaks and completed days, compared with others."],
  ["challenges", "Challenges", "One habit for a fixed number of days: who keeps it best?"],
  ["groups", "Groups", "Shared habits, everyone’s progress, and the news."],
];

export function together(place) {
  const card = ([name, text, about]) =>
    el("li", { class: "card" }, el("div", { class: "body" }, el("h2", {}, el("a", { href: `#/${name}` }, text)), el("p", { class: "sentence" }, about)));
  fill(place, title("Together"), el("ul", { class: "plain" }, PLACES.map(card)));
}

/** Return the heading of a view that is linked here, with a link back. `more`: other buttons. */
export function headOf(heading, ...more) {
  return el("div", { class: "heading" }, heading, el("div", { class: "filters" }, more, el("a", { class: "button quiet", href: "#/together" }, "Together")));
}
