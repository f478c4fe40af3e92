import { ROOT } from "../shared/api/site";

const SCREENS: Record<string, string> = {
  today: "",
  summary: "statistics",
  profile: "me",
  discover: "habits/discover",
  telegram: "me/telegram",
  messages: "me/messages",
  pauses: "me/pauses",
  reminders: "me/reminders",
  register: "sign-up",
};

/** Turn an address of the former client (mails have them: "#/sign-in-link/…") into one of this client. */
export function followHashAddresses(): void {
  const [, name, ...rest] = location.hash.split("/");
  if (!location.hash.startsWith("#/") || !name) return;
  const path = [SCREENS[name] ?? name, ...rest].filter(Boolean).join("/");
  history.replaceState(null, "", `${ROOT}${path}`);
}
