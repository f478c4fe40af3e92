// Challenges: finding, creating, joining and leaving them, and their standings.

import { api } from "../api.js";
import { codeForm, people, toCopy } from "../codes.js";
import { localDay, shortDay } from "../dates.js";
import { button, el, empty, failure, fill, loading, title } from "../dom.js";
import { choice, field, form, group, input, select } from "../forms.js";
import { limits } from "../limits.js";
import { ask, notice, said } from "../notices.js";
import { paged } from "../paging.js";
import { searchRow } from "./habits.js";
import { rankRow } from "./leaderboards.js";
import { figures, percent } from "./summary.js";
import { headOf } from "./together.js";

const WHICH = [
  ["mine", "Mine"],
  ["public", "Public"],
];
const STATES = { upcoming: "starts soon", running: "running", over: "over", cancelled: "cancelled" };

/** Show one challenge, the form for a new one (`id` "new"), or the list (no `id`). */
export function challenges(place, id) {
  if (id === "new") make(place);
  else if (id) one(place, encodeURIComponent(id));
  else listed(place);
}

function listed(place) {
  const list = el("div", {});
  const search = searchRow("Find by name", () => show(1));
  const which = select(WHICH, "mine", { "aria-label": "Which challenges", onchange: () => show(1) });
  const show = paged(
    list,
    "challenges",
    (page) => api.page("challenges/", { ...page, which: which.value, name: search.words() }),
    (results) =>
      results.length
        ? el("ul", { class: "plain" }, results.map((each) => row(each, show)))
        : empty(search.words() ? "No challenge has this name." : which.value === "mine" ? "You have not joined a challenge yet. See the public ones, or create one." : "There are no public challenges yet."),
  );
  fill(
    place,
    headOf(title("Challenges"), el("a", { class: "button primary", href: "#/challenges/new" }, "New challenge")),
    el("div", { class: "filters" }, search.node, which),
    list,
    el(
      "section",
      {},
      el("h2", {}, "Were you invited?"),
      codeForm({
        look: (code) => api.page("challenges/by-code/", { code }),
        join: (code) => api.post("challenges/by-code/", { code }),
        after: see,
      }),
    ),
  );
  show();
}

function row(challenge, show) {
  return el(
    "li",
    { class: "card" },
    el(
      "div",
      { class: "body" },
      el("h2", {}, el("a", { href: `#/challenges/${challenge.id}` }, challenge.name)),
      challenge.habit ? el("p", { class: "sentence" }, challenge.habit.sentence) : null,
      marks(challenge),
    ),
    el("div", { class: "side" }, wayInOrOut(challenge, show)),
  );
}

function marks({ first_day, last_day, state, members, creator }) {
  return el(
    "p",
    { class: "marks" },
    el("span", { class: "mark" }, `${shortDay(first_day)} to ${shortDay(last_day)}`),
    el("span", { class: state === "running" ? "mark streak" : "mark" }, STATES[state]),
    el("span", { class: "mark" }, people(members)),
    creator ? el("span", { class: "mark" }, `by ${creator}`) : null,
  );
}

/** Return the Join or Leave button if allowed; it then calls `joined` or `left`. */
function wayInOrOut(challenge, joined, left = joined) {
  const { name, is_member, is_public, habit, state } = challenge;
  if (is_member) return button("Leave", () => leave(challenge, left), { class: "quiet", "aria-label": `Leave ${name}` });
  if (!is_public || !habit || !["upcoming", "running"].includes(state)) return null;
  return button("Join", () => join(challenge, joined), { class: "primary", "aria-label": `Join ${name}` });
}

async function join(challenge, after) {
  if (await said(() => api.post(`challenges/${challenge.id}/join/`))) notice(`You joined ${challenge.name}.`);
  after();
}

async function leave(challenge, after) {
  const agreed = await ask({ question: `Leave “${challenge.name}”?`, detail: "Your logs are kept. You are removed from the standings.", yes: "Leave" });
  if (!agreed || !(await said(() => api.post(`challenges/${challenge.id}/leave/`)))) return;
  notice(`You left ${challenge.name}.`);
  after();
}

function one(place, id) {
  const heading = title("Challenge");
  const body = el("div", {}, loading());
  const load = async () => {
    try {
      const challenge = await api.get(`challenges/${id}/`);
      heading.textContent = challenge.name;
      fill(body, about(challenge, load));
    } catch (error) {
      if (!error.errors) throw error;
      fill(body, failure(error, load));
    }
  };
  fill(place, el("div", { class: "heading" }, heading, el("a", { class: "button quiet", href: "#/challenges" }, "Challenges")), body);
  load();
}

function about(challenge, load) {
  const { id, description, habit, mine, is_creator, is_member, code, state } = challenge;
  const isOpen = ["upcoming", "running"].includes(state);
  return [
    description ? el("p", { class: "message" }, description) : null,
    habit ? el("p", { class: "sentence" }, habit.sentence) : null,
    marks(challenge),
    mine ? figures([["Your rank", String(mine.rank)], ["Completed days", String(mine.completed)], ["Strength", percent(mine.strength)]]) : null,
    el(
      "div",
      { class: "actions" },
      wayInOrOut(challenge, load, () => (location.hash = "#/challenges")),
      is_member ? el("a", { class: "button", href: `#/leaderboards/challenge/${id}` }, "Leaderboards") : null,
      is_creator && isOpen ? button("Cancel challenge", () => cancel(challenge, load), { class: "danger" }) : null,
    ),
    code && isOpen ? toCopy("Invitation code", code, "Anyone with the code can join, until you create a new one.") : null,
    code && isOpen ? button("Create a new code", () => renew(challenge, load), { class: "quiet" }) : null,
    is_member ? el("section", {}, el("h2", {}, "Standings"), standings(id)) : null,
  ];
}

function standings(id) {
  const place = el("div", {});
  const show = paged(
    place,
    "standings",
    (page) => api.page(`challenges/${id}/standings/`, page),
    (results) =>
      el(
        "table",
        { class: "ranks" },
        el("thead", {}, el("tr", {}, ["Rank", "Who", "Days", "Strength"].map((text) => el("th", { scope: "col" }, text)))),
        el("tbody", {}, results.map(({ rank, username, completed, strength, is_me }) => rankRow(rank, username, is_me, String(completed), percent(strength)))),
      ),
  );
  show();
  return place;
}

async function renew(challenge, load) {
  const agreed = await ask({ question: "Create a new code?", detail: "The current code will no longer work.", yes: "Create", dangerous: false });
  if (!agreed) return;
  await said(() => api.post(`challenges/${challenge.id}/code/`));
  load();
}

async function cancel(challenge, load) {
  const agreed = await ask({ question: `Cancel “${challenge.name}”?`, detail: "It is cancelled for all members, and they are notified. This cannot be undone.", yes: "Cancel the challenge" });
  if (!agreed) return;
  await said(() => api.post(`challenges/${challenge.id}/cancel/`));
  load();
}

function make(place) {
  const body = el("div", {}, loading());
  const load = async () => {
    try {
      const tracks = await api.all("tracks/");
      fill(body, tracks.length ? maker(tracks) : empty("A challenge needs a habit. ", el("a", { href: "#/habit/new" }, "Create a habit"), " first."));
    } catch (error) {
      if (!error.errors) throw error;
      fill(body, failure(error, load));
    }
  };
  fill(place, el("div", { class: "heading" }, title("New challenge"), el("a", { class: "button quiet", href: "#/challenges" }, "Challenges")), body);
  load();
}

function maker(tracks) {
  const habits = tracks.map(({ habit }) => [habit.id, habit.name]);
  const today = localDay();
  return form(
    {},
    async (node) => {
      const { habit, name, description, first_day, last_day, is_public } = node.elements;
      const made = await api.post("challenges/", {
        habit: Number(habit.value),
        name: name.value.trim(),
        description: description.value.trim(),
        first_day: first_day.value || undefined,
        last_day: last_day.value || undefined,
        is_public: is_public.checked,
      });
      notice(`Created: ${made.name}`);
      see(made);
    },
    field("Habit", "habit", select(habits, habits[0][0], { name: "habit" }), "One of your own habits, or a public one."),
    field("Name", "name", input("text", { name: "name", maxlength: limits.challenge.name_length })),
    field("Description", "description", el("textarea", { name: "description", rows: 2, maxlength: limits.challenge.description_length })),
    el(
      "div",
      { class: "columns" },
      field("First day", "first_day", input("date", { name: "first_day", min: today, value: today })),
      field("Last day", "last_day", input("date", { name: "last_day", min: today }), "The last day is included."),
    ),
    group("Who may join", "is_public", choice("Public: anyone can find and join it", "checkbox", { name: "is_public" }), "Otherwise people can join only with your code."),
    el("div", { class: "actions" }, el("button", { type: "submit", class: "primary" }, "Create challenge")),
  );
}

function see({ id }) {
  location.hash = `#/challenges/${id}`;
}
