import { useEffect } from "react";
import { useKnownMe } from "../shared/person/me";
import { currentLanguage, setLanguage } from "../shared/texts/language";

/** Show the language of the signed-in person's settings. */
export function useLanguageOfPerson(): void {
  const language = useKnownMe()?.language;
  useEffect(() => {
    if (language && language !== currentLanguage()) void setLanguage(language);
  }, [language]);
}
