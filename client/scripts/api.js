// Writes the types of the API from openapi.json (`--check`: fails if they differ).
import { readFileSync, writeFileSync } from "node:fs";
import openapiTS, { astToString } from "openapi-typescript";

const SOURCE = new URL("../openapi.json", import.meta.url);
const TYPES = new URL("../src/shared/api/schema.d.ts", import.meta.url);

const types = `// Made by \`npm run api\` from openapi.json.\n${astToString(await openapiTS(SOURCE, { defaultNonNullable: false }))}`;
if (!process.argv.includes("--check")) {
  writeFileSync(TYPES, types);
} else if (readFileSync(TYPES, "utf8") !== types) {
  console.error("src/shared/api/schema.d.ts is not that of openapi.json: run `npm run api`.");
  process.exit(1);
}
