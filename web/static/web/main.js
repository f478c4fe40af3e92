// Entry point: routing by the URL hash, navigation, clock, and the end of a session.

import { clockNow } from "./dates.js";
import { el, failure, fill, icon, loading } from "./dom.js";
import { hasLimits, loadLimits } from "./limits.js";
import { notice } from "./notices.js";
import { isSignedIn, whenItEnds } from "./session.js";
import { loadPerson, onPerson, setPerson, state } from "./state.js";
import { checkMail, forgotten, linkView, register, signInView } from "./views/account.js";
import { achievements } from "./views/achievements.js";
import { challenges } from "./views/challenges.js";
import { discover } from "./views/discover.js";
import { groups } from "./views/groups.js";
import { habitForm } from "./views/habit_form.js";
import { habits } from "./views/habits.js";
import { leaderboards } from "./views/leaderboards.js";
import { messages } from "./views/messages.js";
import { pauses } from "./views/pauses.js";
import { profile } from "./views/profile.js";
import { reminders } from "./views/reminders.js";
import { summary } from "./views/summary.js";
import { telegram } from "./views/telegram.js";
import { today } from "./views/today.js";
import { together } from "./views/together.js";

const FOR_STRANGERS = { "sign-in": signInView, register, "check-mail": checkMail, forgotten, "sign-in-link": linkView };
const FOR_PEOPLE = {
  today, habits, habit: habitForm, reminders, summary, pauses, discover, telegram, messages, profile,
  together, achievements, leaderboards, challenges, groups,
  forgotten, // mails about the account link to it
};
const UNDER = { // view -> navigation entry
  habit: "habits", pauses: "habits", reminders: "habits",
  achievements: "together", leaderboards: "together", challenges: "together", groups: "together",
};
const NAV = [
  ["today", "Today"],
  ["habits", "Habits"],
  ["summary", "Progress"],
  ["discover", "Discover"],
  ["together", "Together"],
  ["telegram", "Telegram"],
  ["messages", "Messages"],
  ["profile", "Profile"],
];

const main = document.getElementById("main");
const nav = document.getElementById("nav");
let leaveView = null;
let shown = 0;

/** Show the view of the URL hash. A view gets its container and the rest of the hash; it may return a cleanup function. */
async function show({ moved = true } = {}) {
  const [name, ...rest] = location.hash.replace(/^#\/?/, "").split("/");
  const views = isSignedIn() ? FOR_PEOPLE : FOR_STRANGERS;
  if (!Object.hasOwn(views, name)) {
    location.replace(isSignedIn() ? "#/today" : "#/sign-in");
    return;
  }
  shown += 1;
  const mine = shown;
  leaveView?.();
  leaveView = null;
  const place = el("div", { class: `view view-${name}` });
  fill(main, place);
  markNav(name);
  const needed = [];
  if (!hasLimits()) needed.push(loadLimits());
  if (isSignedIn() && !state.me) needed.push(loadPerson());
  if (needed.length) {
    fill(place, loading());
    try {
      await Promise.all(needed);
    } catch (error) {
      // When the session has ended, the sign-in view is shown next.
      if (mine === shown && (isSignedIn() || !hasLimits())) fill(place, failure(error, () => show()));
      return;
    }
    if (mine !== shown) return;
    fill(place);
  }
  leaveView = views[name](place, ...rest) ?? null;
  const heading = place.querySelector("h1");
  document.title = heading ? `${heading.textContent} · Habit Tracker` : "Habit Tracker";
  if (moved) {
    window.scrollTo(0, 0);
    heading?.focus({ preventScroll: true });
  }
}

function markNav(name) {
  nav.hidden = !isSignedIn();
  document.body.classList.toggle("signed-in", isSignedIn());
  const current = UNDER[name] ?? name;
  for (const link of nav.querySelectorAll("a")) {
    if (link.hash === `#/${current}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  tellTime();
}

function tellTime() {
  const clock = document.getElementById("clock");
  const text = state.me ? clockNow() : "";
  if (clock.textContent === text) return;
  clock.textContent = text;
  clock.title = state.me ? `Your time (${state.me.time_zone})` : "";
}

fill(nav, NAV.map(([name, text]) => el("a", { href: `#/${name}` }, icon(name), el("span", {}, text))));
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
whenItEnds((why) => {
  if (why === "elsewhere") {
    location.reload();
    return;
  }
  setPerson(null);
  notice("Your session has expired. Please sign in again.");
  location.hash = "#/sign-in";
});
onPerson(tellTime);
setInterval(tellTime, 5000);
window.addEventListener("hashchange", () => show());
show({ moved: false });
