import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";

const FOLDER = dirname(createRequire(import.meta.url).resolve("@mantine/core/styles.css"));
const CLASSES = /@mantine\/core\/esm\/.*\/(\w+)\.module\.mjs$/;
const OF_ALL = "global"; // rings of focus, reduced motion: stronger than what the components say
const SHEET = /@mantine\/core\/styles\/([\w-]+)\.css$/;

/**
 * A plugin by which each component of Mantine brings its styles: they are where it is, and nowhere else. Each sheet is a
 * layer, and the layers have the order of Mantine's whole sheet, so that it does not matter which is loaded first. Styles
 * outside of layers, which are the client's own, come after all of them.
 */
export function styles() {
  const order = layers();
  return {
    name: "styles",
    enforce: "pre",
    transform(code, id) {
      const component = CLASSES.exec(id)?.[1];
      if (component) {
        if (!order.includes(component))
          this.error(`Mantine has no styles of ${component}, whose classes it has.`);
        return { code: `import "@mantine/core/styles/${component}.css";\n${code}`, map: null };
      }
      const sheet = SHEET.exec(id)?.[1];
      if (!sheet || sheet === OF_ALL) return null;
      const first =
        sheet === order[0] ? `@layer ${order.map((name) => `mantine.${name}`).join(", ")};\n` : "";
      return { code: `${first}@layer mantine.${sheet} {\n${code}\n}`, map: null };
    },
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        const chunks = Object.values(bundle).filter(({ type }) => type === "chunk");
        const entry = chunks.find(({ isEntry }) => isEntry);
        const first = [entry, ...entry.imports.map((name) => bundle[name])];
        const sheets = first.flatMap(({ viteMetadata }) => [...(viteMetadata?.importedCss ?? [])]);
        const css = sheets.map((name) => String(bundle[name].source)).join("");
        if (!css.startsWith(`@layer mantine.${order[0]}`)) {
          this.error("The order of layers is not what the page's styles begin with: see app/before.ts.");
        }
      },
    },
  };
}

/** Return the names of Mantine's sheets in the order in which its whole sheet has them. */
export function layers() {
  const whole = readFileSync(join(FOLDER, "styles.css"), "utf8");
  const sheets = readdirSync(join(FOLDER, "styles")).filter((name) => /^[\w-]+\.css$/.test(name));
  return sheets
    .map((name) => [
      basename(name, ".css"),
      placeIn(whole, readFileSync(join(FOLDER, "styles", name), "utf8")),
    ])
    .sort(([, one], [, other]) => one - other)
    .map(([name]) => name)
    .filter((name) => name !== OF_ALL);
}

function placeIn(whole, sheet) {
  const place = whole.indexOf(sheet.trim().slice(0, 200));
  if (place < 0) throw new Error(`Mantine's whole sheet does not contain: ${sheet.slice(0, 80)}`);
  return place;
}
