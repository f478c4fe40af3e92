// Views without a session: sign in, register, check your mail, forgotten password.

import { deviceZone } from "../dates.js";
import { button, el, fill, title } from "../dom.js";
import { field, form, input, password, showErrors } from "../forms.js";
import { ApiError, send } from "../http.js";
import { limits } from "../limits.js";
import { notice } from "../notices.js";
import { signIn, signInByLink } from "../session.js";

const MAILED_TO = "habits.mailed"; // in sessionStorage, kept over a reload

export function signInView(place) {
  const email = input("email", { autocomplete: "username", required: true, inputmode: "email" });
  fill(
    place,
    title("Sign in"),
    el("p", { class: "muted" }, "Plan what you will do, when and where. Get reminders, tick habits off, and see your streaks grow."),
    form(
      { class: "narrow" },
      async (node) => {
        try {
          await signIn(email.value, node.elements.password.value);
        } catch (error) {
          if (!error.has?.("no_active_account")) throw error;
          const again = el("p", {}, "Address not confirmed yet? ", el("a", { href: "#/check-mail" }, "Send the mail again"));
          sessionStorage.setItem(MAILED_TO, email.value);
          showErrors(node, error, again);
          return;
        }
        location.hash = "#/today";
      },
      field("E-mail", "email", email),
      password("Password", "password", { autocomplete: "current-password", required: true }),
      el("div", { class: "actions" }, el("button", { type: "submit", class: "primary" }, "Sign in")),
      el("p", {}, el("a", { href: "#/forgotten" }, "Forgotten password")),
      el("p", {}, "No account yet? ", el("a", { href: "#/register" }, "Register")),
    ),
  );
}

/** The page behind a mailed sign-in link. Only its button uses the link: mail programs open links on their own. */
export function linkView(place, token) {
  fill(
    place,
    title("Sign in by your link"),
    form(
      { class: "narrow" },
      async () => {
        await signInByLink(token ?? "");
        location.hash = "#/today";
      },
      el("p", { class: "muted" }, "The link works once, for an hour."),
      el("div", { class: "actions" }, el("button", { type: "submit", class: "primary" }, "Sign in")),
      el("p", {}, el("a", { href: "#/sign-in" }, "Sign in with your password")),
    ),
  );
}

export function register(place) {
  const email = input("email", { autocomplete: "email", required: true, inputmode: "email", maxlength: limits.account.email_length });
  const username = input("text", { autocomplete: "username", maxlength: limits.account.username_length, autocapitalize: "none", spellcheck: "false" });
  fill(
    place,
    title("Register"),
    form(
      { class: "narrow" },
      async (node) => {
        const account = { email: email.value, password: node.elements.password.value };
        if (username.value) account.username = username.value;
        try {
          await makeAccount({ ...account, language: navigator.language?.startsWith("ru") ? "ru" : "en" });
        } catch (error) {
          if (!error.has?.("email_taken")) throw error;
          sessionStorage.setItem(MAILED_TO, email.value);
          showErrors(
            node,
            error,
            el(
              "p",
              {},
              "Is it yours? ",
              el("a", { href: "#/check-mail" }, "Send the mail to confirm it again"),
              " or ",
              el("a", { href: "#/forgotten" }, "choose a new password"),
              ".",
            ),
          );
          return;
        }
        sessionStorage.setItem(MAILED_TO, email.value);
        location.hash = "#/check-mail";
      },
      field("E-mail", "email", email, "We will send you a link to confirm it."),
      password("Password", "password", { autocomplete: "new-password", required: true }, "At least 8 characters, and not a common password."),
      field("Username", "username", username, "Shown with habits that you publish. If empty, it is made from your e-mail address."),
      el("p", { class: "hint" }, `Your time zone: ${deviceZone()}. You can change it in your profile.`),
      el("div", { class: "actions" }, el("button", { type: "submit", class: "primary" }, "Register")),
      el("p", {}, "Have an account? ", el("a", { href: "#/sign-in" }, "Sign in")),
    ),
  );
}

/** Register with this device's time zone, or without one if the server does not know it. */
async function makeAccount(account) {
  try {
    await send("POST", "register/", { ...account, time_zone: deviceZone() });
  } catch (error) {
    if (!error.errors || !error.errors.every(({ attr }) => attr === "time_zone")) throw error;
    await send("POST", "register/", account);
    notice("The server does not know your time zone. Please choose one in your profile.");
  }
}

export function checkMail(place) {
  const email = input("email", { autocomplete: "email", required: true, inputmode: "email" });
  email.value = sessionStorage.getItem(MAILED_TO) ?? "";
  fill(
    place,
    title("Check your mail"),
    el("p", {}, "We sent you a mail with a link. Open it to confirm your address and your password, then ", el("a", { href: "#/sign-in" }, "sign in"), "."),
    el("p", { class: "muted" }, "No mail after a few minutes? Check the spam folder, or send it again."),
    form(
      { class: "narrow" },
      async () => {
        needed(email);
        await send("POST", "register/resend/", { email: email.value });
        notice(`If ${email.value} still needs to be confirmed, a new mail is on its way.`);
      },
      field("E-mail", "email", email),
      el("div", { class: "actions" }, el("button", { type: "submit" }, "Send it again")),
    ),
  );
}

export function forgotten(place) {
  const email = input("email", { autocomplete: "username", required: true, inputmode: "email" });
  const request = form(
    { class: "narrow" },
    async () => {
      needed(email);
      await send("POST", "password/reset/", { email: email.value });
      const told = el("div", { role: "status" });
      request.replaceWith(told);
      fill(
        told,
        el("p", {}, `If there is an account for ${email.value}, a mail with a link is on its way. The link works for two hours.`),
        el("div", { class: "actions" }, button("Back to sign-in", () => (location.hash = "#/sign-in"))),
      );
    },
    field("E-mail", "email", email),
    el("div", { class: "actions" }, el("button", { type: "submit", class: "primary" }, "Send me a link")),
    el("p", {}, el("a", { href: "#/sign-in" }, "Back to sign-in")),
  );
  fill(place, title("Forgotten password"), el("p", { class: "muted" }, "We will send you a link to choose a new one."), request);
}

function needed(control) {
  if (control.value.trim()) return;
  throw new ApiError(400, [{ code: "required", detail: "Enter your e-mail address.", attr: "email" }]);
}
