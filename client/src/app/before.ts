// What is asked for while the largest file of the client is on its way. It is loaded first, so it has to be small.
import "./styles";
import { askEarly } from "../shared/api/early";
import { isSignedIn } from "../shared/api/session";
import { HOME, IN_TELEGRAM } from "../shared/api/site";
import { dayAt, deviceZone } from "../shared/dates/days";
import { firstLanguage, setLanguage } from "../shared/texts/language";

/** Load the texts of the first screen, and ask for what it shows. Return a promise of the texts. */
export function begin(): Promise<void> {
  const texts = firstTexts();
  texts.catch(() => {}); // the start asks again
  // In Telegram the session may be another person's than of who has opened it.
  if (!IN_TELEGRAM) askForFirstScreen();
  return texts;
}

/** Load and show the texts that every visit begins with. */
export function firstTexts(): Promise<void> {
  const language = firstLanguage();
  document.documentElement.lang = language; // requests ask for answers in it
  return setLanguage(language, "app", "shared", "today", ...(isSignedIn() ? [] : ["auth"]));
}

/** Ask for the person, and for the day where it is what the address shows: it is this device's day for almost everybody. */
export function askForFirstScreen(): void {
  const day = dayAt(new Date(), deviceZone());
  askEarly("/users/me/", ...(location.pathname === HOME ? [`/days/${day}/`] : []));
}
