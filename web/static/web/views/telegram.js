// Telegram: connecting a chat, and its state.

import { api } from "../api.js";
import { moment } from "../dates.js";
import { button, el, failure, fill, loading, title } from "../dom.js";
import { field, form, input, password } from "../forms.js";
import { ask, notice } from "../notices.js";
import { loadPerson, state } from "../state.js";

const LOOKS = 5000; // milliseconds between checks whether the chat is connected
const LOOKS_FOR = 180_000;

export function telegram(place) {
  const now = el("section", { "aria-live": "polite" });
  const ways = el("div", {});
  let timer = null;
  let expiry = null;
  let until = 0;
  let gone = false;

  async function load() {
    clearTimeout(expiry);
    try {
      await loadPerson();
    } catch (error) {
      if (!error.errors) throw error;
      if (!gone) fill(now, failure(error, load));
      return;
    }
    if (gone) return;
    showState();
    let link = null;
    let away = null;
    try {
      link = await api.get("tg/link/");
    } catch (error) {
      if (!error.errors) throw error;
      away = error;
    }
    if (!gone) fill(ways, connecting(link, away));
  }

  function showState() {
    const chat = state.me.telegram;
    const lines = [];
    if (chat.unreachable_since) {
      lines.push(
        el(
          "div",
          { class: "banner bad" },
          el("p", {}, `Telegram has refused our messages since ${moment(chat.unreachable_since)}. The bot may be blocked: unblock it in Telegram, then connect again below.`),
        ),
      );
    }
    if (chat.connected) {
      const name = chat.name || `chat ${chat.chat_id}`;
      const since = chat.connected_at ? ` since ${moment(chat.connected_at)}` : "";
      lines.push(el("p", {}, chat.unreachable_since ? `The chat is ${name}.` : `Connected to ${name}${since}. Reminders are sent there.`));
      if (!chat.confirmed) lines.push(el("p", { class: "muted" }, "Not confirmed yet: this chat was connected while no bot was configured on this server."));
    } else if (chat.chat_id !== null) {
      lines.push(el("p", {}, `Chat ${chat.chat_id} is known but has not confirmed. Connect again below.`));
    } else {
      lines.push(el("p", {}, "Not connected, so you cannot get reminders in Telegram yet."));
    }
    if (chat.chat_id !== null) lines.push(el("div", { class: "actions" }, button("Disconnect", disconnect, { class: "danger" })));
    fill(now, lines);
  }

  function connecting(link, away) {
    const again = state.me.telegram.connected;
    const chat = input("text", { inputmode: "numeric", autocomplete: "off", maxlength: 16 });
    const opened = el("div", { "aria-live": "polite" });
    return [
      el("h2", {}, again ? "Reconnect, or connect another chat" : "Connect"),
      away ? failure(away, load) : null,
      link && !link.url ? el("p", { class: "banner" }, "No bot is configured on this server. Messages are only stored and printed in its log.") : null,
      link?.url
        ? el(
            "section",
            {},
            form(
              { class: "narrow" },
              async (node) => {
                const personal = await api.post("tg/link/", { password: node.elements.password.value });
                node.reset();
                // The link is taken away before it expires.
                expiry = setTimeout(() => fill(opened), (personal.expires_in - 30) * 1000);
                fill(
                  opened,
                  el("p", {}, "Open the bot in Telegram and press Start. The link is personal and works for ten minutes."),
                  el("div", { class: "actions" }, el("a", { class: "button primary", href: personal.url, target: "_blank", rel: "noopener", onclick: wait }, "Open Telegram")),
                );
              },
              password("Your password", "password", { autocomplete: "current-password" }, "A chat gets your reminders and can tick habits off. We tell you by mail when one is connected."),
              el("div", { class: "actions" }, el("button", { type: "submit", class: "primary" }, "Make a link")),
            ),
            opened,
          )
        : null,
      el(
        "details",
        { open: Boolean(link && !link.url) },
        el("summary", {}, "Connect by chat id instead"),
        form(
          { class: "narrow" },
          async (node) => {
            const number = chat.value.trim();
            const { connected } = await api.post("tg/link/", {
              chat_id: /^\d+$/.test(number) ? Number(number) : number,
              password: node.elements.password.value,
            });
            node.reset();
            notice(connected ? "Connected." : "We sent a message to that chat. Press Confirm in Telegram.");
            if (connected) await load();
            else wait();
          },
          field("Chat id", "chat_id", chat, "The number of your private chat with the bot."),
          password("Your password", "password", { autocomplete: "current-password" }),
          el("div", { class: "actions" }, el("button", { type: "submit" }, "Connect this chat")),
        ),
      ),
    ];
  }

  /** Check repeatedly whether the chat has been connected, for up to LOOKS_FOR. */
  function wait() {
    until = Date.now() + LOOKS_FOR;
    clearTimeout(timer);
    timer = setTimeout(look, LOOKS);
  }

  async function look() {
    if (gone || Date.now() > until) return;
    const before = key(state.me.telegram);
    if (document.visibilityState === "visible") {
      try {
        await loadPerson();
      } catch {
        // The next check tries again.
      }
      if (gone || !state.me) return;
      if (key(state.me.telegram) !== before) {
        notice(state.me.telegram.connected ? "Telegram is connected." : "The state of the chat has changed.");
        return load();
      }
    }
    timer = setTimeout(look, LOOKS);
  }

  const key = (chat) => JSON.stringify(chat);

  async function disconnect() {
    const agreed = await ask({ question: "Disconnect Telegram?", detail: "Reminders stop until you connect a chat again.", yes: "Disconnect" });
    if (!agreed) return;
    try {
      await api.delete("tg/link/");
      notice("Disconnected.");
    } catch (error) {
      if (!error.errors) throw error;
      notice(error.message);
    }
    await load();
  }

  fill(place, title("Telegram"), now, ways);
  fill(now, loading());
  load();
  return () => {
    gone = true;
    clearTimeout(timer);
    clearTimeout(expiry);
  };
}
