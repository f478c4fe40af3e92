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

/** Return the path in this client of an address of the former one (mails have them: "#/sign-in-link/…"), else undefined. */
export function pathOfHash(hash: string): string | undefined {
  const [, name, ...rest] = hash.split("/");
  if (!hash.startsWith("#/") || !name) return undefined;
  return [SCREENS[name] ?? name, ...rest].filter(Boolean).join("/");
}

/** Change such an address into one of this client. It has to be done before the router reads the address. */
export function followHashAddress(): void {
  const path = pathOfHash(location.hash);
  if (path !== undefined) history.replaceState(null, "", `${ROOT}${path}`);
}
