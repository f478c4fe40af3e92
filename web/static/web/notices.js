// What the page tells in passing, and what it asks before something is lost.

import { button, el, newId } from "./dom.js";

const STAYS = 7000; // milliseconds

/** Shows a line at the bottom, read out politely; `action` is {text, run}. */
export function notice(text, action) {
  const place = document.getElementById("notices");
  const line = el("div", { class: "notice" }, el("span", {}, text));
  if (action) {
    line.append(
      button(action.text, () => {
        line.remove();
        action.run();
      }),
    );
  }
  while (place.children.length > 1) place.firstChild.remove();
  place.append(line);
  const leave = () => (line.matches(":hover, :focus-within") ? setTimeout(leave, STAYS) : line.remove());
  setTimeout(leave, STAYS);
}

/** Asks in a dialog; true when the person agrees. `fields` (a node) is shown above the buttons. */
export function ask({ question, detail, yes, fields = null, dangerous = true }) {
  return new Promise((answer) => {
    const heading = newId("question");
    const dialog = el(
      "dialog",
      { "aria-labelledby": heading },
      el(
        "form",
        { method: "dialog" },
        el("h2", { id: heading }, question),
        detail ? el("p", {}, detail) : null,
        fields,
        el(
          "div",
          { class: "actions" },
          el("button", { type: "submit", value: "yes", class: dangerous ? "danger" : "primary" }, yes),
          button("Cancel", () => dialog.close("no")),
        ),
      ),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      answer(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Runs a request; true where it was done, else the refusal is told in passing. */
export async function said(request) {
  try {
    await request();
    return true;
  } catch (error) {
    if (!error.errors) throw error;
    notice(error.message);
    return false;
  }
}
