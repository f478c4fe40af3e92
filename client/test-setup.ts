import "@testing-library/jest-dom/vitest";
import "fake-indexeddb/auto";
import { i18n } from "@lingui/core";
import { afterEach, beforeEach } from "vitest";

document.documentElement.dataset.root = "/";
// jsdom has none; Mantine asks it for dark mode.
globalThis.matchMedia ??= (media) =>
  Object.assign(new EventTarget() as MediaQueryList, { media, matches: false });
i18n.load("ru", {});
i18n.loadAndActivate({ locale: "en", messages: {} });

beforeEach(() => localStorage.clear());
afterEach(() => i18n.activate("en"));
