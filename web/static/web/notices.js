// Short notices, and confirmation dialogs.

import { button, el, newId } from "./dom.js";

const NOTICE_MS = 7000; // milliseconds

/** Show a short notice at the bottom of the page. `action` is an optional button: {text, run}. */
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
  const leave = () => (line.matches(":hover, :focus-within") ? setTimeout(leave, NOTICE_MS) : line.remove());
  setTimeout(leave, NOTICE_MS);
}

/** Ask in a dialog; return whether the user confirmed. `fields` is an optional node above the buttons. */
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

/** Run a request; return true on success, else show the error as a notice and return false. */
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
