// The devices on which the user is signed in: a section of the profile.

import { api } from "../api.js";
import { moment } from "../dates.js";
import { button, el } from "../dom.js";
import { ask, notice } from "../notices.js";
import { paged } from "../paging.js";

export function devices() {
  const list = el("div", {});
  const show = paged(
    list,
    "devices",
    (page) => api.page("users/me/sessions/", page),
    (results, count) => [
      el("ul", { class: "plain" }, results.map(row)),
      count > 1 ? el("div", { class: "actions" }, button("Sign out all other devices", endOthers)) : null,
    ],
  );

  function row(session) {
    const name = session.device || "Unknown device";
    const from = session.network_address ? ` from ${session.network_address}` : "";
    return el(
      "li",
      { class: "card" },
      el(
        "div",
        { class: "body" },
        el("h3", {}, name),
        el("p", { class: "sentence" }, `Last used ${moment(session.last_used_at)}${from}. Signed in ${moment(session.created_at)}.`),
        session.current ? el("p", { class: "marks" }, el("span", { class: "mark streak" }, "This device")) : null,
      ),
      session.current
        ? null
        : el("div", { class: "side" }, button("Sign out", () => end(session, name), { class: "quiet", "aria-label": `Sign out: ${name}, last used ${moment(session.last_used_at)}` })),
    );
  }

  async function end(session, name) {
    const agreed = await ask({
      question: `Sign out ${name}?`,
      detail: "It has to sign in again, which we tell you by mail. If you do not know this device, change your password as well.",
      yes: "Sign out",
    });
    if (agreed) await tell(() => api.delete(`users/me/sessions/${session.id}/`), `Signed out: ${name}.`);
  }

  async function endOthers() {
    const agreed = await ask({
      question: "Sign out all other devices?",
      detail: "This device stays signed in. If you do not know one of them, change your password as well.",
      yes: "Sign out all others",
    });
    if (agreed) await tell(() => api.post("users/me/sessions/end-others/"), "All other devices are signed out.");
  }

  async function tell(change, done) {
    try {
      await change();
      notice(done);
    } catch (error) {
      if (!error.errors) throw error;
      if (error.status !== 404) return notice(error.message); // 404: it has ended meanwhile
    }
    await show();
  }

  show(1);
  return el("section", {}, el("h2", {}, "Devices"), el("p", { class: "muted" }, "Where you are signed in."), list);
}
