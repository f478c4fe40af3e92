import { describe, expect, it } from "vitest";
import { notificationOf } from "./pushed";
import { screenOf } from "./screens";

describe("the addresses for which the worker answers", () => {
  const screens = ["day", "habits"];

  it.each([
    ["https://example.org/", true],
    ["https://example.org/?a=1", true],
    ["https://example.org/day/2026-11-26", true],
    ["https://example.org/habits", true],
    ["https://example.org/habits-export", false],
    ["https://example.org/admin/", false],
    ["https://example.org/api/today/", false],
    ["https://example.org/a/secret/", false],
    ["https://elsewhere.example.org/day", false],
  ])("%s: %s", (address, expected) => {
    expect(screenOf(address, "https://example.org/", screens)).toBe(expected);
  });

  it("are below the path of the service", () => {
    expect(screenOf("https://example.org/app/day", "https://example.org/app/", screens)).toBe(true);
    expect(screenOf("https://example.org/day", "https://example.org/app/", screens)).toBe(false);
  });
});

describe("a pushed message", () => {
  it("has a button for each link, and replaces the one before it with its tag", () => {
    const url = "https://example.org/t/once/";
    const { title, options } = notificationOf(
      { title: "Read", body: "At 20:00", tag: "t1", actions: [{ action: "done", title: "Done", url }] },
      "https://example.org/app/",
    );
    expect(title).toBe("Read");
    expect(options).toMatchObject({
      body: "At 20:00",
      tag: "t1",
      renotify: true,
      icon: "https://example.org/app/static/web/icon-192.png",
      actions: [{ action: "done", title: "Done" }],
      data: { url: "https://example.org/app/", actions: { done: url } },
    });
  });

  it("without a tag replaces nothing", () => {
    expect(notificationOf({ title: "Read" }, "https://example.org/").options).not.toHaveProperty("renotify");
  });
});
