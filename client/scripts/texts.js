// Collects the texts of the sources into src/*/locales/*.po (`--check`: fails if that changes a file, or one is missing).
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const LINGUI = fileURLToPath(new URL("../node_modules/@lingui/cli/dist/lingui.js", import.meta.url));
const DATE = /^"POT-Creation-Date: .*\n/m; // only conflicts when branches are merged
const UNTRANSLATED = /^msgid "(.+)"\n(?:".*"\n)*msgstr ""\n(?!")/gm;

function catalogs() {
  const names = readdirSync("src", { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(".po"));
  return Object.fromEntries(names.sort().map((name) => [`src/${name}`, readFileSync(`src/${name}`, "utf8")]));
}

const isCheck = process.argv.includes("--check");
const before = catalogs();
execFileSync(process.execPath, [LINGUI, "extract", "--clean"], { stdio: ["ignore", "ignore", "inherit"] });
let isWrong = false;
for (const [path, made] of Object.entries(catalogs())) {
  const after = made.replace(DATE, "");
  writeFileSync(path, isCheck ? (before[path] ?? after) : after);
  if (isCheck && after !== before[path]) {
    console.error(`${path} is not that of the sources: run \`npm run texts\`.`);
    isWrong = true;
  }
  for (const [, text] of path.endsWith("ru.po") ? after.matchAll(UNTRANSLATED) : []) {
    console.error(`${path}: “${text}” is not translated.`);
    isWrong = true;
  }
}
process.exit(isWrong ? 1 : 0);
