// The profile: time settings, name, language, e-mail address, password, devices, sign-out and deletion.

import { api } from "../api.js";
import { deviceZone, knownZones, moment } from "../dates.js";
import { button, el, failure, fill, loading, title } from "../dom.js";
import { choice, field, form, input, password, select } from "../forms.js";
import { limits } from "../limits.js";
import { ask, notice } from "../notices.js";
import { forget, signIn, signOut } from "../session.js";
import { setPerson, state } from "../state.js";
import { WEEKDAYS, WEEKDAY_NAMES } from "../words.js";
import { devices } from "./sessions.js";

const LANGUAGES = [
  ["en", "English"],
  ["ru", "Русский"],
];

export function profile(place) {
  const draw = () => fill(place, title("Profile"), about(), digest(), address(draw), newPassword(draw), access(draw), devices(), leaving());
  draw();
}

const WEEK_STARTS = [["mon", "on Monday"], ["sun", "on Sunday"], ["sat", "on Saturday"]];

/** Say from which day on the chosen start of the week holds. */
function weekHint({ week_starts_on_since: since }) {
  return since ? `From ${since} on. Another choice holds at the earliest four weeks after that.` : "Another choice holds from the next such day on.";
}

function about() {
  const { me } = state;
  const zone = input("text", { name: "time_zone", value: me.time_zone, list: "zones", autocomplete: "off", spellcheck: "false" });
  const starts = Array.from({ length: limits.account.day_starts_at.max + 1 }, (_, hour) => [hour, hour ? `at ${hour}:00` : "at midnight"]);
  return el(
    "section",
    {},
    el("h2", {}, "You"),
    form(
      {},
      async (node) => {
        const { username, time_zone, day_starts_at, week_starts_on, language, reminders_by_email, is_ranked } = node.elements;
        setPerson(
          await api.patch("users/me/", {
            username: username.value.trim(),
            time_zone: time_zone.value.trim(),
            day_starts_at: Number(day_starts_at.value),
            week_starts_on: week_starts_on.value,
            language: language.value,
            reminders_by_email: reminders_by_email.checked,
            is_ranked: is_ranked.checked,
          }),
        );
        notice("Saved.");
      },
      el(
        "div",
        { class: "columns" },
        field("Username", "username", input("text", { name: "username", value: me.username, maxlength: limits.account.username_length, autocomplete: "username", spellcheck: "false" }), "Shown with what you publish."),
        field("Language of messages", "language", select(LANGUAGES, me.language, { name: "language" })),
      ),
      el(
        "div",
        { class: "columns" },
        field("Time zone", "time_zone", zone, zoneHint(zone)),
        field("My day starts", "day_starts_at", select(starts, me.day_starts_at, { name: "day_starts_at" }), "Before this hour it is still the previous day."),
        field("My weeks start", "week_starts_on", select(WEEK_STARTS, me.week_starts_on, { name: "week_starts_on" }), weekHint(me)),
      ),
      choice("Remind me by e-mail if Telegram cannot reach me", "checkbox", { name: "reminders_by_email", checked: me.reminders_by_email }),
      choice("Show my username on global leaderboards", "checkbox", { name: "is_ranked", checked: me.is_ranked }),
      el("datalist", { id: "zones" }, knownZones().map((name) => el("option", { value: name }))),
      el("div", { class: "actions" }, el("button", { type: "submit", class: "primary" }, "Save")),
    ),
  );
}

function digest() {
  const place = el("div", {}, loading());
  const load = async () => {
    try {
      fill(place, digestForm(await api.get("digest/")));
    } catch (error) {
      if (!error.errors) throw error;
      fill(place, failure(error, load));
    }
  };
  load();
  return el("section", {}, el("h2", {}, "Weekly digest"), place);
}

function digestForm({ is_on, weekday, hour }) {
  const hours = Array.from({ length: 24 }, (_, each) => [each, `${String(each).padStart(2, "0")}:00`]);
  return form(
    {},
    async (node) => {
      const chosen = node.elements;
      await api.put("digest/", { is_on: chosen.is_on.checked, weekday: chosen.weekday.value, hour: Number(chosen.hour.value) });
      notice("Saved.");
    },
    choice("Send me a weekly summary with success rate, streaks and a chart", "checkbox", { name: "is_on", checked: is_on }),
    el(
      "div",
      { class: "columns" },
      field("On", "weekday", select(WEEKDAYS.map((day, index) => [day, WEEKDAY_NAMES[index]]), weekday, { name: "weekday" })),
      field("At", "hour", select(hours, hour, { name: "hour" }), "In your time zone."),
    ),
    el("div", { class: "actions" }, el("button", { type: "submit" }, "Save digest")),
  );
}

function zoneHint(control) {
  const here = deviceZone();
  if (here === state.me.time_zone) return "The same as this device's.";
  const use = () => {
    control.value = here;
    control.focus();
  };
  return el("span", {}, `This device is in ${here}. `, button("Use it", use, { class: "link" }));
}

function address(draw) {
  const { me } = state;
  const email = input("email", { name: "email", autocomplete: "email", maxlength: limits.account.email_length, value: me.new_email || me.email });
  const change = async (to, present) => {
    setPerson(await api.patch("users/me/", { email: to, ...(present && { password: present }) }));
    notice(state.me.new_email ? `We sent a link to ${state.me.new_email}.` : "Your address is unchanged.");
    draw();
  };
  return el(
    "section",
    {},
    el("h2", {}, "E-mail"),
    el("p", {}, `You sign in as ${me.email}.`),
    me.new_email ? el("p", { class: "banner" }, `${me.new_email} is not confirmed yet. Open the link in the mail that we sent there. If you have changed your password since, change the address again below for a new link.`) : null,
    form(
      { class: "narrow" },
      (node) => change(email.value.trim(), node.elements.password.value),
      field("New address", "email", email, "It is changed once you open the link that we send there. We tell your present address, too."),
      password("Your password", "password", { autocomplete: "current-password" }),
      el(
        "div",
        { class: "actions" },
        el("button", { type: "submit" }, "Change address"),
        me.new_email ? button(`Keep ${me.email}`, () => change(me.email).catch((error) => notice(error.message)), { class: "quiet" }) : null,
      ),
    ),
  );
}

function newPassword(draw) {
  return el(
    "section",
    {},
    el("h2", {}, "Password"),
    form(
      { class: "narrow" },
      async (node) => {
        const present = node.elements.password.value;
        const wanted = node.elements.new_password.value;
        await api.post("password/change/", { password: present, new_password: wanted });
        // Changing the password ends all sessions, so this tab signs in again.
        await signIn(state.me.email, wanted);
        notice("Your password has been changed. Other devices must sign in again. Check below what else has access.");
        draw();
      },
      input("text", { class: "unseen", autocomplete: "username", value: state.me.email, tabindex: "-1", "aria-hidden": "true", readonly: true }),
      password("Current password", "password", { autocomplete: "current-password" }),
      password("New password", "new_password", { autocomplete: "new-password" }),
      el("div", { class: "actions" }, el("button", { type: "submit" }, "Change password")),
    ),
  );
}

/** List what a stolen session could have made, and how to end it. A new password ends sessions alone. */
function access(draw) {
  const place = el("div", {}, loading());
  const load = async () => {
    try {
      fill(place, accessList(await api.get("users/me/access/"), draw));
    } catch (error) {
      if (!error.errors) throw error;
      fill(place, failure(error, load));
    }
  };
  load();
  return el(
    "section",
    {},
    el("h2", {}, "What has access"),
    el("p", { class: "muted" }, "A new password signs out other devices, and ends none of this:"),
    place,
  );
}

function accessList({ new_email, chats, share_links, integrations }, draw) {
  const cancel = async () => {
    setPerson(await api.patch("users/me/", { email: state.me.email }));
    draw();
  };
  const rows = [];
  if (new_email) {
    rows.push(el("li", {}, `The address ${new_email}, once it is confirmed. `, button("Cancel the change", () => cancel().catch((error) => notice(error.message)), { class: "link" })));
  }
  for (const chat of chats) {
    const since = chat.connected_at ? `, connected ${moment(chat.connected_at)}` : "";
    rows.push(el("li", {}, `The Telegram chat ${chat.name || chat.address}${since}. `, el("a", { href: "#/telegram" }, "Disconnect it")));
  }
  if (share_links) {
    rows.push(el("li", {}, `${share_links} shared ${share_links === 1 ? "page" : "pages"}. `, el("a", { href: "#/achievements" }, "See and delete them")));
  }
  const revoke = async (key) => {
    await api.delete(`keys/${key.id}/`);
    draw();
  };
  for (const key of integrations.filter((each) => each.kind === "key")) {
    const revokeIt = () => revoke(key).catch((error) => notice(error.message));
    rows.push(el("li", {}, `The key ${key.name}, made ${moment(key.created_at)}. `, button("Revoke it", revokeIt, { class: "link" })));
  }
  return rows.length ? el("ul", { class: "plain" }, rows) : el("p", {}, "Nothing but your devices.");
}

function leaving() {
  const signOutHere = async () => {
    await signOut();
    setPerson(null);
    location.hash = "#/sign-in";
  };
  const node = form(
    { class: "narrow" },
    async () => {
      const said = node.elements.password.value;
      const agreed = await ask({
        question: "Delete your account?",
        detail: "Your habits, logs and streaks are deleted permanently. Others keep the habits of yours that they follow, without your name.",
        yes: "Delete my account",
      });
      if (!agreed) return;
      await api.delete("users/me/", { password: said });
      forget();
      setPerson(null);
      notice("Your account has been deleted.");
      location.hash = "#/sign-in";
    },
    password("Your password", "password", { autocomplete: "current-password" }),
    el("div", { class: "actions" }, el("button", { type: "submit", class: "danger" }, "Delete my account")),
  );
  return el(
    "section",
    {},
    el("h2", {}, "Sign out or delete the account"),
    el("div", { class: "actions" }, button("Sign out", signOutHere)),
    el("details", {}, el("summary", {}, "Delete my account"), node),
    el("p", { class: "muted" }, "For developers: ", el("a", { href: "/swagger/" }, "the API"), "."),
  );
}
