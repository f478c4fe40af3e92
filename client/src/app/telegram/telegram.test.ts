import { describe, expect, it } from "vitest";
import { variablesOf } from "./colours";
import { contrast, isDark } from "./contrast";
import { readLaunch } from "./launch";

describe("Telegram's colours", () => {
  it("become ours where they can be read", () => {
    const found = variablesOf({
      bg_color: "#17212b",
      text_color: "#f5f5f5",
      button_color: "#3390ec", // white on it has a contrast of 3.3
      button_text_color: "#ffffff",
      link_color: "url(evil)",
    });
    expect(found).toEqual({
      "--page": "#17212b",
      "--mantine-color-body": "#17212b",
      "--mantine-color-text": "#f5f5f5",
    });
  });

  it("are dark if light text is read on them", () => {
    expect([isDark("#17212b"), isDark("#ffffff"), isDark("#888888")]).toEqual([true, false, false]);
    expect(contrast("#000000", "#ffffff")).toBeCloseTo(21);
  });
});

describe("what Telegram gives", () => {
  const hash = (fields: Record<string, string>) => `#${new URLSearchParams(fields)}`;

  it("is read from the address, and kept for a reload at another one", () => {
    location.hash = hash({
      tgWebAppData: 'user={"id":5550001}&hash=x',
      tgWebAppThemeParams: '{"bg_color":"#17212b","header":1}',
    });
    const found = {
      initData: 'user={"id":5550001}&hash=x',
      user: "5550001",
      colours: { bg_color: "#17212b" },
    };
    expect(readLaunch()).toEqual(found);
    location.hash = "";
    expect(readLaunch()).toEqual(found);
    sessionStorage.clear();
    expect(readLaunch()).toBeNull();
  });

  it.each(["", "hash=x", "user=%7B", "user=null", 'user={"id":"1"}'])("is of nobody: %s", (data) => {
    location.hash = hash({ tgWebAppData: data });
    expect(readLaunch()).toBeNull();
  });
});
