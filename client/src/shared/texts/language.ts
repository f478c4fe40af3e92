import { i18n, type Messages } from "@lingui/core";

export const LANGUAGES = ["en", "ru"] as const;
export type Language = (typeof LANGUAGES)[number];

const STORED = "habits.language";
const CATALOGS = import.meta.glob<{ messages: Messages }>("/src/*/locales/*.po");
const inUse = new Set<string>(); // features
const loaded = new Set<string>(); // "en today"

let show = () => {};
const isShown = new Promise<void>((resolve) => {
  show = resolve;
});

/** Return the language to begin with: the one chosen here last, else the browser's. */
export function firstLanguage(): Language {
  const stored = localStorage.getItem(STORED);
  const wanted = stored ? [stored] : navigator.languages;
  for (const name of wanted) {
    const found = LANGUAGES.find((language) => name.toLowerCase().startsWith(language));
    if (found) return found;
  }
  return "en";
}

export function currentLanguage(): Language {
  return i18n.locale === "ru" ? "ru" : "en";
}

/** Load the texts of features (folders of src/) in the language that is shown, once one is shown. */
export async function loadTexts(...features: string[]): Promise<void> {
  for (const feature of features) inUse.add(feature);
  await isShown;
  await load(currentLanguage());
}

/** Show a language: load the texts of all features that are in use, then change them all at once. */
export async function setLanguage(language: Language, ...features: string[]): Promise<void> {
  for (const feature of features) inUse.add(feature);
  await load(language);
  document.documentElement.lang = language;
  localStorage.setItem(STORED, language);
  i18n.activate(language);
  show();
}

/** Return the locale of dates and numbers: the browser's variant of the language that is shown, such as en-GB. */
export function currentLocale(): string {
  const language = currentLanguage();
  return navigator.languages?.find((name) => name.toLowerCase().startsWith(language)) ?? language;
}

async function load(language: Language): Promise<void> {
  await Promise.all(
    [...inUse].map(async (feature) => {
      const name = `${language} ${feature}`;
      if (loaded.has(name)) return;
      const catalog = await CATALOGS[`/src/${feature}/locales/${language}.po`]?.();
      if (catalog) i18n.load(language, catalog.messages);
      loaded.add(name);
    }),
  );
}
