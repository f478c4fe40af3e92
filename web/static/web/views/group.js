// A group: its habits, the members' progress, the news and the members; joining and leaving it.

import { api } from "../api.js";
import { people, toCopy } from "../codes.js";
import { moment, shortDay } from "../dates.js";
import { button, el, empty, failure, fill, loading, title } from "../dom.js";
import { field, form, select } from "../forms.js";
import { ask, notice, said } from "../notices.js";
import { paged } from "../paging.js";
import { state } from "../state.js";
import { inUnits, scheduleText } from "../words.js";
import { percent } from "./summary.js";

const LEADERS = ["owner", "admin"];
const FEED_SIZE = 20;

export function group(place, id) {
  const heading = title("Group");
  const body = el("div", {}, loading());
  const load = async () => {
    try {
      const found = await api.get(`groups/${id}/`);
      heading.textContent = found.name;
      fill(body, about(found, load));
    } catch (error) {
      if (!error.errors) throw error;
      fill(body, failure(error, load));
    }
  };
  fill(place, el("div", { class: "heading" }, heading, el("a", { class: "button quiet", href: "#/groups" }, "Groups")), body);
  load();
}

/** Return the short facts about a group. */
export function marks({ members, owner, role, is_open }) {
  return el(
    "p",
    { class: "marks" },
    el("span", { class: "mark" }, people(members)),
    el("span", { class: "mark" }, is_open ? "open to all" : "by invitation"),
    role === "owner" ? el("span", { class: "mark" }, "yours") : owner ? el("span", { class: "mark" }, `by ${owner}`) : null,
    role === "admin" ? el("span", { class: "mark" }, "you are an admin") : null,
  );
}

/** Return the Join or Leave button if allowed; it then calls `joined` or `left`. */
export function wayInOrOut(group, joined, left = joined) {
  const { name, role, is_open } = group;
  if (role === "owner") return null;
  if (role) return button("Leave", () => leave(group, left), { class: "quiet", "aria-label": `Leave ${name}` });
  return is_open ? button("Join", () => join(group, joined), { class: "primary", "aria-label": `Join ${name}` }) : null;
}

async function join(group, after) {
  if (await said(() => api.post(`groups/${group.id}/join/`))) notice(`You joined ${group.name}.`);
  after();
}

async function leave(group, after) {
  const agreed = await ask({ question: `Leave “${group.name}”?`, detail: "You will no longer see this group. Your logs are kept.", yes: "Leave" });
  if (!agreed || !(await said(() => api.post(`groups/${group.id}/leave/`)))) return;
  notice(`You left ${group.name}.`);
  after();
}

async function dissolve(group) {
  const agreed = await ask({ question: `Delete “${group.name}”?`, detail: "It is deleted for all members. They keep their habits and logs.", yes: "Delete" });
  if (!agreed || !(await said(() => api.delete(`groups/${group.id}/`)))) return;
  notice(`Deleted: ${group.name}`);
  location.hash = "#/groups";
}

function about(group, load) {
  const { id, description, role, code } = group;
  return [
    description ? el("p", { class: "message" }, description) : null,
    marks(group),
    el(
      "div",
      { class: "actions" },
      wayInOrOut(group, load, () => (location.hash = "#/groups")),
      role ? el("a", { class: "button", href: `#/leaderboards/group/${id}` }, "Leaderboards") : null,
      role === "owner" ? button("Delete group", () => dissolve(group), { class: "danger" }) : null,
    ),
    code ? invitation(group, load) : null,
    role ? inside(group) : el("p", { class: "muted" }, "Members see the habits of the group, each other’s progress, and the news."),
  ];
}

/** Return the sections that only members see. */
function inside(group) {
  const progress = board(group.id);
  const news = feed(group.id);
  const habits = habitsOf(group, () => {
    progress.show();
    news.show();
  });
  const part = (name, node) => el("section", {}, el("h2", {}, name), node);
  return [part("Habits", habits), part("Progress", progress.node), part("News", news.node), part("Members", members(group.id))];
}

function invitation({ id, code }, load) {
  const renew = async () => {
    const agreed = await ask({ question: "Create a new code?", detail: "The current code will no longer work.", yes: "Create", dangerous: false });
    if (agreed && (await said(() => api.post(`groups/${id}/code/`)))) load();
  };
  return el(
    "details",
    {},
    el("summary", {}, "Invite people"),
    toCopy("Invitation code", code, "Anyone with the code can join, until you create a new one."),
    button("Create a new code", renew, { class: "quiet" }),
  );
}

/** Return the list of the group's habits. `changed` is called after one is followed or unfollowed. */
function habitsOf({ id, role }, changed) {
  const leads = LEADERS.includes(role);
  const list = el("div", {});
  const show = paged(
    list,
    "habits of the group",
    (page) => api.page(`groups/${id}/habits/`, page),
    (results) =>
      results.length
        ? [
            el("p", { class: "muted" }, "Members see your progress only in habits that you follow here."),
            el("ul", { class: "plain" }, results.map(habitRow)),
          ]
        : empty("The group has no habits yet."),
  );
  show();
  return [list, leads ? adder(id, show) : null];

  function habitRow({ habit, track }) {
    const path = { class: track ? "quiet" : "primary", "aria-label": `${track ? "Stop following" : "Follow"} ${habit.name}` };
    return el(
      "li",
      { class: "card" },
      el(
        "div",
        { class: "body" },
        el("h3", {}, habit.name),
        el("p", { class: "sentence" }, habit.sentence),
        el("p", { class: "marks" }, el("span", { class: "mark" }, scheduleText(habit)), track ? el("span", { class: "mark streak" }, "You follow it here") : null),
      ),
      el(
        "div",
        { class: "side" },
        button(track ? "Stop" : "Follow", () => (track ? unfollow(habit) : follow(habit)), path),
        leads || habit.owner === state.me.username ? button("Remove", () => takeAway(habit), { class: "quiet", "aria-label": `Remove ${habit.name} from the group` }) : null,
      ),
    );
  }

  async function follow(habit) {
    if (await said(() => api.post(`groups/${id}/habits/${habit.id}/follow/`))) notice(`You now follow ${habit.name}.`);
    show();
    changed();
  }

  async function unfollow(habit) {
    const agreed = await ask({
      question: `Stop following “${habit.name}” here?`,
      detail: "The group no longer sees your progress. You keep the habit, unless you got it only through this group.",
      yes: "Stop",
    });
    if (!agreed || !(await said(() => api.delete(`groups/${id}/habits/${habit.id}/follow/`)))) return;
    show();
    changed();
  }

  async function takeAway(habit) {
    const agreed = await ask({ question: `Remove “${habit.name}” from the group?`, detail: "People who track it keep tracking it on their own.", yes: "Remove" });
    if (!agreed || !(await said(() => api.delete(`groups/${id}/habits/${habit.id}/`)))) return;
    show();
    changed();
  }
}

/** Return the form with which owner and admins add a habit. */
function adder(id, after) {
  const place = el("div", {});
  const load = async () => {
    try {
      const habits = (await api.all("tracks/")).map(({ habit }) => [habit.id, habit.name]);
      fill(place, habits.length ? build(habits) : null);
    } catch (error) {
      if (!error.errors) throw error;
      fill(place, failure(error, load));
    }
  };
  load();
  return place;

  function build(habits) {
    const chosen = select(habits, habits[0][0], { name: "habit" });
    return el(
      "details",
      {},
      el("summary", {}, "Add a habit"),
      form(
        { class: "narrow" },
        async () => {
          const { habit } = await api.post(`groups/${id}/habits/`, { habit: Number(chosen.value) });
          notice(`Added to the group: ${habit.name}`);
          after();
        },
        field("Habit", "habit", chosen, "One of your own habits, or a public one."),
        el("div", { class: "actions" }, el("button", { type: "submit" }, "Add")),
      ),
    );
  }
}

/** Return the table of each member's progress in the group's habits. */
function board(id) {
  const node = el("div", {});
  let names = new Map(); // habit id -> its name
  const show = paged(
    node,
    "progress",
    async (page) => {
      const [found, habits] = await Promise.all([api.page(`groups/${id}/board/`, page), api.all(`groups/${id}/habits/`)]);
      names = new Map(habits.map(({ habit }) => [habit.id, habit.name]));
      return found;
    },
    (results, count) => {
      const some = results.filter(({ habits }) => habits.length);
      return some.length ? some.map(progressOf) : empty(count > results.length ? "None of these members follows a habit here." : "Nobody follows a habit here yet.");
    },
  );
  show();
  return { node, show };

  function progressOf({ username, habits }) {
    return el(
      "table",
      {},
      el("caption", {}, username, username === state.me.username ? " (you)" : null),
      el("thead", {}, el("tr", {}, ["Habit", "Streak", "This week", "Strength"].map((text) => el("th", { scope: "col" }, text)))),
      el(
        "tbody",
        {},
        habits.map(({ habit, current_streak, streak_unit, completed_this_week, strength }) =>
          el(
            "tr",
            {},
            el("th", { scope: "row" }, names.get(habit) ?? "–"),
            [inUnits(current_streak, streak_unit), String(completed_this_week), percent(strength)].map((text) => el("td", {}, text)),
          ),
        ),
      ),
    );
  }
}

/** Return the news, newest first, with a button that loads older ones. */
function feed(id) {
  const list = el("ul", { class: "plain" });
  const more = el("div", {});
  const node = el("div", {}, list, more);
  let latest = 0;

  async function show(before = "") {
    latest += 1;
    const asked = latest;
    if (!list.firstChild) fill(more, loading());
    try {
      const { next, results } = await api.page(`groups/${id}/feed/`, { before, page_size: FEED_SIZE });
      if (asked !== latest) return;
      if (!before) fill(list);
      const lines = results.map(line);
      list.append(...lines);
      if (before) lines[0]?.focus();
      const goesOn = next ? new URL(next).searchParams.get("before") : "";
      fill(more, goesOn ? button("Show older", () => show(goesOn)) : null, list.firstChild ? null : empty("No news in the last 30 days."));
    } catch (error) {
      if (asked !== latest) return;
      if (!error.errors) throw error;
      fill(more, failure(error, () => show(before)));
    }
  }
  show();
  return { node, show: () => show() };
}

function line({ kind, at, username, habit, day, title: shared, url }) {
  const what =
    kind === "done"
      ? [` did ${habit.name}`, el("span", { class: "muted" }, ` for ${shortDay(day)}`)]
      : [" shared ", el("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, shared)];
  return el("li", { tabindex: "-1" }, el("p", {}, el("strong", {}, username), what), el("p", { class: "marks" }, el("span", { class: "mark" }, moment(at))));
}

function members(id) {
  const place = el("div", {});
  const show = paged(
    place,
    "members",
    (page) => api.page(`groups/${id}/members/`, page),
    (results) =>
      el(
        "ul",
        { class: "plain" },
        results.map(({ username, role, joined_at }) =>
          el(
            "li",
            {},
            el("p", {}, el("strong", {}, username), username === state.me.username ? " (you)" : null),
            el("p", { class: "marks" }, role === "member" ? null : el("span", { class: "mark streak" }, role), el("span", { class: "mark" }, `since ${moment(joined_at)}`)),
          ),
        ),
      ),
  );
  show();
  return place;
}
