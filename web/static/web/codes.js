// Invitation codes and links: a field to copy from, and a form to join by code.

import { button, el } from "./dom.js";
import { field, form, input } from "./forms.js";
import { ask, notice } from "./notices.js";

/** Return a read-only field with a Copy button. */
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
      notice("Your browser does not allow copying. The text is selected, so you can copy it yourself.");
    }
  };
  box.append(control, button("Copy", copy, { "aria-label": `Copy: ${label}` }));
  return place;
}

/** Return a form to join by code: `look(code)` returns what the code is for, `join(code)` joins, then calls `after(joined)`. */
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
      notice(`You joined ${name}.`);
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
