// Today and yesterday. Changes are shown at once and sent to the server one after the other for each habit.

import { api } from "../api.js";
import { dayLogs } from "../day_log.js";
import { dayBefore, deviceZone, localDay, longDay } from "../dates.js";
import { button, el, empty, failure, fill, loading, title } from "../dom.js";
import { notice } from "../notices.js";
import { setPerson, state } from "../state.js";
import { inUnits, isLimit, limitAfter } from "../words.js";
import { card } from "./card.js";

const logs = dayLogs(api);
const STALE = 60_000; // milliseconds after which a page that becomes visible is reloaded

export function today(place) {
  let back = false;
  let day = localDay();
  let entries = [];
  let fetchedAt = 0;
  let asked = 0;
  let gone = false;
  let owed = false; // a response was ignored because it may be older than the latest change
  const turns = new Map(); // track id -> the last request about it
  const earlier = new Map(); // track id and day -> the body that brings back what the day had before the last change
  const heading = title("Today");
  const dayLine = el("p", { class: "muted day-line" });
  const list = el("div", { class: "cards" });
  const switcher = el(
    "div",
    { class: "switch", role: "group", "aria-label": "Which day" },
    button("Today", () => turn(false)),
    button("Yesterday", () => turn(true)),
  );

  function turn(toYesterday) {
    back = toYesterday;
    heading.textContent = back ? "Yesterday" : "Today";
    entries = [];
    fill(list, loading());
    load();
  }

  async function load() {
    asked += 1;
    const mine = asked;
    day = back ? dayBefore(localDay()) : localDay();
    label();
    try {
      const found = await (back ? api.get(`days/${day}/`) : api.get("today/"));
      if (gone || mine !== asked) return;
      owed = turns.size > 0;
      if (owed) return;
      entries = found;
      if (!back && entries.length) day = entries[0].day;
      fetchedAt = Date.now();
      label();
      draw();
    } catch (error) {
      if (!error.errors) throw error;
      if (!gone && mine === asked) fill(list, failure(error, load));
    }
  }

  function label() {
    dayLine.textContent = longDay(day);
    for (const [index, option] of [...switcher.children].entries()) {
      option.setAttribute("aria-pressed", String(back === (index === 1)));
    }
  }

  function draw() {
    const focused = list.contains(document.activeElement) ? document.activeElement : null;
    const key = focused?.dataset.key;
    const typed = focused?.matches("input") ? focused.value : null;
    const limited = entries.filter((entry) => isLimit(entry.track.habit));
    const due = entries.filter((entry) => !limited.includes(entry));
    const todo = due.filter((entry) => !settled(entry));
    const done = due.filter(settled);
    const section = (text, some) =>
      some.length ? el("section", {}, el("h2", {}, text), el("ul", { class: "plain" }, some.map((entry) => card(entry, acts(entry))))) : null;
    fill(
      list,
      entries.length ? null : nothing(back),
      due.length && !todo.length ? el("p", { class: "all-done" }, back ? "That day is complete." : "All done. See you tomorrow.") : null,
      section(`To do · ${todo.length}`, todo),
      section(`Limits · ${limited.length}`, limited),
      section(`Done or skipped · ${done.length}`, done),
    );
    if (!key) return;
    const again = find(key);
    (again ?? list.querySelector("[data-key]"))?.focus();
    if (again && typed !== null) again.value = typed;
  }

  const find = (key) => list.querySelector(`[data-key="${CSS.escape(key)}"]`);

  const acts = (entry) => ({
    done: () => say(entry, { status: "completed" }),
    skip: () => say(entry, { status: "skipped" }),
    clear: () => say(entry, earlier.get(nameOf(entry)) ?? null, { isUndo: true }),
    amount: (amount) => say(entry, isLimit(entry.track.habit) || Number(amount) > 0 ? { amount } : null),
  });

  /** Show a change at once (null: clear the day), then send it. If the server refuses it, undo it. */
  function say(about, said, { isUndo = false } = {}) {
    const entry = entries.find(({ track, day: on }) => track.id === about.track.id && on === about.day) ?? about;
    const next = focusAfter(entry, said);
    foresee(entry, said);
    draw();
    find(next)?.focus();
    // Read here: a change that is still on its way says what was before it only when it is answered.
    const body = () => said ?? (isUndo ? (earlier.get(nameOf(entry)) ?? null) : null);
    const write = () => logs.write(entry.track.id, entry.day, body());
    const running = (turns.get(entry.track.id) ?? Promise.resolve()).then(write).then(
      ({ logged, before }) => {
        if (isUndo) earlier.delete(nameOf(entry));
        else earlier.set(nameOf(entry), before);
        if (turns.get(entry.track.id) !== running) return;
        turns.delete(entry.track.id);
        tell(entry, logged, before, isUndo);
        if (!turns.size && !gone) load();
      },
      (error) => {
        if (turns.get(entry.track.id) === running) turns.delete(entry.track.id);
        if (!error.errors) throw error;
        if (gone) return notice(error.message);
        if (error.status === 404) {
          notice(`${entry.track.habit.name} no longer exists.`);
          return load();
        }
        Object.assign(entry, entry.before, { error: error.message });
        draw();
        if (owed && !turns.size) load();
      },
    );
    turns.set(entry.track.id, running);
  }

  function tell(entry, logged, before, isUndo) {
    entry.before = null;
    const name = entry.track.habit.name;
    const undo = { text: "Undo", run: () => say(entry, before, { isUndo: true }) };
    if (!logged) return notice(`Undone: ${name}`, undo);
    Object.assign(entry, { status: logged.status, amount: logged.amount });
    Object.assign(entry.track, { current_streak: logged.streak.current, streak_unit: logged.streak.unit });
    if (isUndo) return notice(`Undone: ${name}`, undo);
    if (logged.status === "completed") {
      const streak = logged.streak.current ? ` Streak: ${inUnits(logged.streak.current, logged.streak.unit)}.` : "";
      const reward = entry.track.habit.reward ? ` Your reward: ${entry.track.habit.reward}.` : "";
      return notice(`Done: ${name}.${streak}${reward}`, undo);
    }
    notice(`${logged.status === "skipped" ? "Skipped" : "Noted"}: ${name}.`, undo);
  }

  /** Return the element to focus: the next habit to do, or the Undo button of this one. */
  function focusAfter(entry, said) {
    const todo = entries.filter((other) => !settled(other));
    const following = todo[todo.indexOf(entry) + 1] ?? todo.find((other) => other !== entry);
    if (said?.status === "completed" && following && document.activeElement?.dataset.key === `tick-${entry.track.id}`) {
      return `tick-${following.track.id}`;
    }
    return said?.status ? `undo-${entry.track.id}` : (document.activeElement?.dataset.key ?? `tick-${entry.track.id}`);
  }

  function comeBack() {
    if (document.visibilityState === "visible" && !turns.size && Date.now() - fetchedAt > STALE) load();
  }

  function midnight() {
    const now = back ? dayBefore(localDay()) : localDay();
    if (now > day && !turns.size && document.visibilityState === "visible") load();
  }

  fill(place, el("div", { class: "heading" }, el("div", {}, heading, dayLine), switcher), warnings(), list);
  fill(list, loading());
  load();
  document.addEventListener("visibilitychange", comeBack);
  const clock = setInterval(midnight, 15_000);
  return () => {
    gone = true;
    clearInterval(clock);
    document.removeEventListener("visibilitychange", comeBack);
  };
}

/** Return whether the day is logged, or nothing more is needed in its period. */
function settled(entry) {
  return entry.status !== null && entry.status !== "partial" ? true : !entry.due;
}

/** Change the entry as the server will. `entry.before` keeps the state before the first unconfirmed change. */
function foresee(entry, said) {
  entry.before ??= { status: entry.status, amount: entry.amount, due: entry.due, limit: entry.limit, period: entry.period && { ...entry.period } };
  entry.error = null;
  if (isLimit(entry.track.habit)) {
    const amount = said?.amount ?? null;
    const limit = limitAfter(entry.limit, entry.amount, amount);
    Object.assign(entry, { status: said ? (said.status ?? "counted") : null, amount, limit });
    return;
  }
  const was = entry.status === "completed";
  if (!said) Object.assign(entry, { status: null, amount: null, due: true });
  else if (said.amount) {
    const whole = Number(said.amount) >= Number(entry.daily_amount);
    Object.assign(entry, { status: whole ? "completed" : "partial", amount: said.amount, due: !whole });
  } else {
    Object.assign(entry, { status: said.status, due: false, amount: said.status === "completed" ? entry.daily_amount : null });
  }
  const is = entry.status === "completed";
  if (entry.period) entry.period.done += Number(is) - Number(was);
}

function nameOf(entry) {
  return `${entry.track.id} ${entry.day}`;
}

function nothing(back) {
  if (back) return empty("Nothing was due on that day.");
  return empty("Nothing is due today. ", el("a", { href: "#/habit/new" }, "Create a habit"), " or ", el("a", { href: "#/discover" }, "follow one"), ".");
}

/** Return warnings: an unreachable chat, or a time zone that differs from this device's. */
function warnings() {
  const found = [];
  if (state.me.telegram.unreachable_since) {
    found.push(el("p", { class: "banner bad" }, "Telegram can no longer reach you. ", el("a", { href: "#/telegram" }, "Reconnect it"), "."));
  }
  const here = deviceZone();
  if (here !== state.me.time_zone && offset(here) !== offset(state.me.time_zone)) {
    const line = el("div", { class: "banner" }, el("p", {}, `Your time zone is ${state.me.time_zone}, but this device is in ${here}.`));
    line.append(
      button(`Use ${here}`, async () => {
        try {
          setPerson(await api.patch("users/me/", { time_zone: here }));
          location.reload();
        } catch (error) {
          notice(error.message);
        }
      }),
    );
    found.push(line);
  }
  return found;
}

function offset(zone) {
  try {
    return new Date().toLocaleString("en", { timeZone: zone, timeZoneName: "longOffset" }).split(" ").at(-1);
  } catch {
    return null;
  }
}
