import { on } from "@telegram-apps/bridge";
import { showScheme } from "../scheme";
import { contrast, isDark } from "./contrast";
import { post } from "./events";

type Colours = Record<string, string | undefined>;

// Which colour of Telegram's is which of ours. `on`: that which it has to be read on; ours stays where it could not be.
const VARIABLES: Record<string, { names: string[]; on?: string }> = {
  bg_color: { names: ["--page", "--mantine-color-body"] },
  section_bg_color: { names: ["--card", "--mantine-color-dark-6"] },
  secondary_bg_color: { names: ["--soft"] },
  section_separator_color: { names: ["--line"] },
  text_color: { names: ["--mantine-color-text"], on: "bg_color" },
  link_color: { names: ["--mantine-color-anchor"], on: "bg_color" },
  button_color: {
    names: ["--mantine-primary-color-filled", "--mantine-primary-color-filled-hover"],
    on: "button_text_color",
  },
  button_text_color: { names: ["--mantine-primary-color-contrast"], on: "button_color" },
};
const READABLE = 4.5;

/** Wear Telegram's colours, also when they change. */
export function followColours(first: Colours): void {
  wear(first);
  on("theme_changed", ({ theme_params: colours }) => wear(colours as Colours));
  post("web_app_set_header_color", { color_key: "bg_color" });
}

function wear(colours: Colours): void {
  for (const [name, value] of Object.entries(variablesOf(colours)))
    document.documentElement.style.setProperty(name, value);
  const page = colours.bg_color;
  if (isColour(page)) showScheme(isDark(page) ? "dark" : "light");
}

/** Return the variables of our styles for the colours that Telegram names. */
export function variablesOf(colours: Colours): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, { names, on: below }] of Object.entries(VARIABLES)) {
    const value = colours[name];
    const ground = below ? colours[below] : undefined;
    if (!isColour(value) || (below && !(isColour(ground) && contrast(value, ground) >= READABLE))) continue;
    for (const variable of names) found[variable] = value;
  }
  return found;
}

function isColour(value: string | undefined): value is string {
  return value !== undefined && /^#[0-9a-f]{6}$/i.test(value);
}
