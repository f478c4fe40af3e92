import { describe, expect, it } from "vitest";
import { shortcutOf } from "./PaletteHost";

const pressed = (
  key: string,
  code: string,
  more: KeyboardEventInit = {},
  target: HTMLElement = document.body,
) => {
  let found: unknown;
  target.addEventListener("keydown", (event) => {
    found = shortcutOf(event);
  });
  document.body.append(target === document.body ? "" : target);
  target.dispatchEvent(new KeyboardEvent("keydown", { key, code, ...more }));
  return found;
};

describe("keys", () => {
  it("Ctrl-K and Cmd-K find, on any keyboard, also while typing", () => {
    expect(pressed("k", "KeyK", { ctrlKey: true })).toBe("find");
    expect(pressed("л", "KeyK", { metaKey: true }, document.createElement("input"))).toBe("find");
    expect(pressed("k", "KeyK")).toBeNull();
    expect(pressed("K", "KeyK", { ctrlKey: true, shiftKey: true })).toBeNull();
  });

  it("? lists the keys, but not while typing", () => {
    expect(pressed("?", "Slash", { shiftKey: true })).toBe("keys");
    expect(pressed("?", "Digit7", { shiftKey: true })).toBe("keys");
    expect(pressed("?", "Slash", { shiftKey: true }, document.createElement("textarea"))).toBeNull();
    expect(pressed("?", "Slash", { ctrlKey: true })).toBeNull();
  });
});
