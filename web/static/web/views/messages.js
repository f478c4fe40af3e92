// The messages sent to the user, with their delivery state.

import { api } from "../api.js";
import { moment, shortDay } from "../dates.js";
import { el, empty, fill, title } from "../dom.js";
import { select } from "../forms.js";
import { paged } from "../paging.js";

const KINDS = {
  reminder: "Reminder",
  habit_created: "New habit",
  chat_confirmation: "Chat to confirm",
  email_confirmation: "Confirmation mail",
  email_change: "Mail to a new address",
  password_reset: "Password mail",
  new_device: "Sign-in from a new device",
  email_change_notice: "Mail about a change of address",
  email_changed: "Mail to the old address",
  chat_connected: "Mail about a new chat",
  sign_in_link: "Mail to sign in",
  key_created: "Mail about a new key",
  webhook_failing: "Mail about a webhook that fails",
  webhook_off: "Mail about a webhook that is off",
  link_requested: "Mail about a service that asks to be linked",
  grant_created: "Mail about a linked service",
  goal_reached: "Goal reached",
  achievement: "Achievement",
  challenge_ended: "Challenge over",
  challenge_cancelled: "Challenge cancelled",
  digest: "Weekly digest",
};
const STATES = [
  ["", "All"],
  ["pending", "Waiting"],
  ["sent", "Sent"],
  ["failed", "Failed"],
  ["expired", "Too late"],
  ["dropped", "Not sent"],
];

export function messages(place) {
  const list = el("div", {});
  const wanted = select(STATES, "", { "aria-label": "Which messages", onchange: () => show(1) });
  const show = paged(
    list,
    "messages",
    (page) => api.page("notifications/", { ...page, state: wanted.value }),
    (results) =>
      results.length
        ? el("ul", { class: "plain" }, results.map(row))
        : empty(wanted.value ? "No message has this state." : "No messages yet."),
  );
  fill(place, el("div", { class: "heading" }, title("Messages"), el("div", { class: "filters" }, wanted)), list);
  show();
}

function row(message) {
  const { state, kind, channel } = message;
  const word = STATES.find(([name]) => name === state)?.[1] ?? state;
  const name = KINDS[kind] ?? kind.replaceAll("_", " ");
  return el(
    "li",
    { class: "card" },
    el(
      "div",
      { class: "body" },
      el("h2", {}, name, message.day ? el("span", { class: "muted" }, ` for ${shortDay(message.day)}`) : null),
      message.text ? el("p", { class: "message" }, message.text) : null,
      el(
        "p",
        { class: "marks" },
        el("span", { class: `mark state-${state}` }, word),
        el("span", { class: "mark" }, channel === "email" ? "e-mail" : "Telegram"),
        el("span", { class: "mark" }, message.sent_at ? `sent ${moment(message.sent_at)}` : `due ${moment(message.due_at)}`),
        message.attempts > 1 ? el("span", { class: "mark" }, `${message.attempts} attempts`) : null,
        message.passed_over ? el("span", { class: "mark" }, `replaces ${message.passed_over} missed`) : null,
        message.uncertain ? el("span", { class: "mark risk" }, "may have arrived twice") : null,
      ),
      message.reason ? el("p", { class: "muted" }, `Reason: ${message.reason}`) : null,
    ),
  );
}
