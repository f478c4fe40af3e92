// What is handed on: a link or a code to be copied, and the way in by a code.

import { button, el } from "./dom.js";
import { field, form, input } from "./forms.js";
import { ask, notice } from "./notices.js";

/** A line of text that cannot be changed, with a button that copies it. */
export function toCopy(label, text, hint) {
  const control = input("text", { value: text, readonly: true });
  const place = field(label, "copied", control, hint);
  const box = el("div", { class: "with-button" });
  control.replaceWith(box);
  const copy = async () => {
    control.select();
    try {
      await navigator.clipboard.writeText(text);
      notice("Copied.");
    } catch {
      notice("Your browser does not let us copy. The text is selected: copy it yourself.");
    }
  };
  box.append(control, button("Copy", copy, { "aria-label": `Copy: ${label}` }));
  return place;
}

/** Where one joins by an invitation code: `look(code)` tells what it is for, `join(code)` joins, then `after(joined)`. */
export function codeForm({ look, join, after }) {
  const control = input("text", { name: "code", maxlength: 64, autocomplete: "off", autocapitalize: "off", spellcheck: "false" });
  return form(
    { class: "narrow" },
    async (node) => {
      const code = control.value.trim();
      const { name, members } = await look(code);
      const agreed = await ask({ question: `Join “${name}”?`, detail: people(members), yes: "Join", dangerous: false });
      if (!agreed) return;
      const joined = await join(code);
      node.reset();
      notice(`You are in: ${name}`);
      after(joined);
    },
    field("Invitation code", "code", control),
    el("div", { class: "actions" }, el("button", { type: "submit" }, "Join by code")),
  );
}

/** "1 member", "12 members" */
export function people(count) {
  return count === 1 ? "1 member" : `${count} members`;
}
