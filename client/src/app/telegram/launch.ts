// What Telegram gives the page when it opens it, after the "#" of the address. It is kept for a reload: by then one is at
// another address. (The reader of the library refuses what older versions of Telegram give.)
const KEY = "habits.launch";

export interface Launch {
  initData: string;
  /** Who has opened it, as the data say; only the server can tell whether that is true. */
  user: string;
  colours: Record<string, string>;
}

/** Return what Telegram has given, null if it has not opened this page. */
export function readLaunch(): Launch | null {
  const hash = location.hash.includes("tgWebAppData=") ? location.hash.slice(1) : sessionStorage.getItem(KEY);
  const given = new URLSearchParams(hash ?? "");
  const initData = given.get("tgWebAppData") ?? "";
  const user = userIn(initData);
  if (user === null) return null;
  sessionStorage.setItem(KEY, hash ?? "");
  return { initData, user, colours: coloursIn(given.get("tgWebAppThemeParams")) };
}

function userIn(initData: string): string | null {
  const user = objectIn(new URLSearchParams(initData).get("user"));
  return typeof user.id === "number" ? String(user.id) : null;
}

function coloursIn(text: string | null): Record<string, string> {
  const entries = Object.entries(objectIn(text));
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

function objectIn(text: string | null): Record<string, unknown> {
  try {
    const found: unknown = JSON.parse(text ?? "");
    return typeof found === "object" && found !== null ? (found as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
