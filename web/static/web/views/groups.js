// Groups: finding, creating and joining them.

import { api } from "../api.js";
import { codeForm } from "../codes.js";
import { el, empty, fill, title } from "../dom.js";
import { choice, field, form, group as fieldGroup, input, select } from "../forms.js";
import { limits } from "../limits.js";
import { notice } from "../notices.js";
import { paged } from "../paging.js";
import { group, marks, wayInOrOut } from "./group.js";
import { searchRow } from "./habits.js";
import { headOf } from "./together.js";

const WHICH = [
  ["mine", "Mine"],
  ["open", "Open to all"],
];

/** Show one group, the form for a new one (`id` "new"), or the list (no `id`). */
export function groups(place, id) {
  if (id === "new") make(place);
  else if (id) group(place, encodeURIComponent(id));
  else listed(place);
}

function listed(place) {
  const list = el("div", {});
  const search = searchRow("Find by name", () => show(1));
  const which = select(WHICH, "mine", { "aria-label": "Which groups", onchange: () => show(1) });
  const show = paged(
    list,
    "groups",
    (page) => api.page("groups/", { ...page, which: which.value, name: search.words() }),
    (results) =>
      results.length
        ? el("ul", { class: "plain" }, results.map((each) => row(each, show)))
        : empty(search.words() ? "No group has this name." : which.value === "mine" ? "You have not joined a group yet. See the open ones, or create one." : "There are no open groups yet."),
  );
  fill(
    place,
    headOf(title("Groups"), el("a", { class: "button primary", href: "#/groups/new" }, "New group")),
    el("div", { class: "filters" }, search.node, which),
    list,
    el(
      "section",
      {},
      el("h2", {}, "Were you invited?"),
      codeForm({
        look: (code) => api.page("groups/by-code/", { code }),
        join: (code) => api.post("groups/by-code/", { code }),
        after: see,
      }),
    ),
  );
  show();
}

function row(each, show) {
  return el(
    "li",
    { class: "card" },
    el(
      "div",
      { class: "body" },
      el("h2", {}, el("a", { href: `#/groups/${each.id}` }, each.name)),
      each.description ? el("p", { class: "sentence" }, each.description) : null,
      marks(each),
    ),
    el("div", { class: "side" }, wayInOrOut(each, show)),
  );
}

function make(place) {
  fill(
    place,
    el("div", { class: "heading" }, title("New group"), el("a", { class: "button quiet", href: "#/groups" }, "Groups")),
    form(
      {},
      async (node) => {
        const { name, description, is_open } = node.elements;
        const made = await api.post("groups/", { name: name.value.trim(), description: description.value.trim(), is_open: is_open.checked });
        notice(`Created: ${made.name}`);
        see(made);
      },
      field("Name", "name", input("text", { name: "name", maxlength: limits.group.name_length })),
      field("Description", "description", el("textarea", { name: "description", rows: 2, maxlength: limits.group.description_length })),
      fieldGroup("Who may join", "is_open", choice("Open: anyone can find and join it", "checkbox", { name: "is_open" }), "Otherwise people can join only with its code."),
      el("div", { class: "actions" }, el("button", { type: "submit", class: "primary" }, "Create group")),
    ),
  );
}

function see({ id }) {
  location.hash = `#/groups/${id}`;
}
