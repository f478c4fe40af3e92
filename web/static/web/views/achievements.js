// Achievements: the earned ones with share links, and the progress of the others.

import { api } from "../api.js";
import { toCopy } from "../codes.js";
import { shortDay } from "../dates.js";
import { button, el, empty, fill, title } from "../dom.js";
import { ask, notice } from "../notices.js";
import { paged } from "../paging.js";
import { headOf } from "./together.js";

const APPS = [
  ["telegram", "Telegram"],
  ["whatsapp", "WhatsApp"],
  ["x", "X"],
  ["facebook", "Facebook"],
];

export function achievements(place) {
  const held = el("div", {});
  const others = el("div", {});
  const showHeld = paged(
    held,
    "what you have earned",
    async (page) => {
      const [found, links] = await Promise.all([api.page("achievements/", { ...page, held: "true" }), api.all("shares/")]);
      const shared = new Map(links.filter(({ achievement }) => achievement !== null).map((link) => [link.achievement, link]));
      return { ...found, results: found.results.map((each) => ({ ...each, link: shared.get(each.id) ?? null })) };
    },
    (results) => (results.length ? el("ul", { class: "plain" }, results.map(heldCard)) : empty("Nothing yet. Complete a habit to earn your first achievement.")),
  );
  const showOthers = paged(
    others,
    "what there is to earn",
    (page) => api.page("achievements/", { ...page, held: "false" }),
    (results) => (results.length ? el("ul", { class: "plain" }, results.map(openCard)) : empty("You have earned all achievements.")),
  );
  fill(place, headOf(title("Achievements")), el("section", {}, el("h2", {}, "Earned"), held), el("section", {}, el("h2", {}, "To earn"), others));
  showHeld();
  showOthers();
}

function openCard(achievement) {
  const { current, target, share } = achievement.progress;
  const unit = achievement.kind === "strength" ? " %" : "";
  return card(achievement, [
    el("progress", { max: 1, value: share, "aria-label": `Progress of ${achievement.name}` }),
    el("p", { class: "marks" }, el("span", { class: "mark" }, `${current}${unit} of ${target}${unit}`), habitMark(achievement)),
  ]);
}

function heldCard(achievement) {
  const shown = el("div", { class: "below", hidden: true });
  const open = button("", () => toggle(), { class: "quiet", "aria-expanded": "false" });
  let { link } = achievement;
  draw();
  return card(
    achievement,
    [el("p", { class: "marks" }, el("span", { class: "mark streak" }, `Earned ${shortDay(achievement.day)}`), habitMark(achievement))],
    [el("div", { class: "side" }, open), shown],
  );

  function draw() {
    open.textContent = link ? "Link" : "Share";
    open.setAttribute("aria-label", `${link ? "Link to" : "Share"} ${achievement.name}`);
    open.setAttribute("aria-expanded", String(!shown.hidden));
    fill(shown, link ? linkBox(link, revoke) : null);
  }

  async function toggle() {
    if (!link) {
      open.disabled = true;
      try {
        link = await api.post("shares/", { kind: "achievement", achievement: achievement.id });
      } catch (error) {
        if (!error.errors) throw error;
        return notice(error.message);
      } finally {
        open.disabled = false;
      }
    }
    shown.hidden = !shown.hidden;
    draw();
    if (!shown.hidden) shown.querySelector("input").focus();
  }

  async function revoke() {
    const agreed = await ask({ question: "Revoke the link?", detail: "Its page and picture will no longer be available to anyone.", yes: "Revoke" });
    if (!agreed) return;
    try {
      await api.delete(`shares/${link.id}/`);
    } catch (error) {
      if (!error.errors) throw error;
      if (error.status !== 404) return notice(error.message);
    }
    notice("The link is revoked.");
    link = null;
    shown.hidden = true;
    draw();
    open.focus();
  }
}

function linkBox(link, revoke) {
  const app = ([name, text]) => el("a", { class: "button", href: link.links[name], target: "_blank", rel: "noopener noreferrer" }, text);
  return [
    toCopy("Link", link.url, "Anyone with the link can see this achievement and your username."),
    el("div", { class: "filters" }, APPS.map(app)),
    button("Revoke", revoke, { class: "danger", "aria-label": `Revoke the link: ${link.title}` }),
  ];
}

function card({ picture, name, description }, more, side = null) {
  return el(
    "li",
    { class: "card wraps" },
    el("span", { class: "symbol", "aria-hidden": "true" }, picture),
    el("div", { class: "body" }, el("h3", {}, name), el("p", { class: "sentence" }, description), more),
    side,
  );
}

function habitMark({ habit }) {
  return habit ? el("span", { class: "mark" }, `for ${habit.name}`) : null;
}
