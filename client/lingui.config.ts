import { defineConfig } from "@lingui/cli";
import { formatter } from "@lingui/format-po";

const FEATURES = ["app", "auth", "community", "habits", "settings", "shared", "stats", "today"];

// Each feature has its own catalogs, so that a screen loads only its own texts.
export default defineConfig({
  sourceLocale: "en",
  locales: ["en", "ru"],
  catalogs: FEATURES.map((name) => ({
    path: `<rootDir>/src/${name}/locales/{locale}`,
    include: [`<rootDir>/src/${name}`],
  })),
  // No line numbers: they change with every edit.
  format: formatter({ lineNumbers: false }),
});
