import { i18n, type Messages } from "@lingui/core";
import { beforeEach, describe, expect, it, vi } from "vitest";

const CATALOGS = import.meta.glob<{ messages: Messages }>("/src/*/locales/ru.po");

async function russian(feature: string): Promise<Messages> {
  return (await CATALOGS[`/src/${feature}/locales/ru.po`]?.())?.messages ?? {};
}

describe("the texts of a feature", () => {
  beforeEach(() => vi.resetModules());

  it("that were asked for before the language is known are those of the language that is shown", async () => {
    const { loadTexts, setLanguage } = await import("./language");
    const load = vi.spyOn(i18n, "load");
    const early = loadTexts("community"); // the router begins with the screen before the app has started
    await setLanguage("ru", "app");
    await early;
    const messages = Object.assign(
      {},
      ...load.mock.calls.filter(([name]) => name === "ru").map((call) => call[1]),
    );
    const wanted = await russian("community");
    expect(messages).toMatchObject(wanted);
  });

  it("that are asked for while the language changes are those of the new one", async () => {
    const { loadTexts, setLanguage } = await import("./language");
    const load = vi.spyOn(i18n, "load");
    const change = setLanguage("ru", "app");
    await loadTexts("stats");
    await change;
    const wanted = await russian("stats");
    expect(load).toHaveBeenCalledWith("ru", wanted);
  });
});
