// What the API's refusals mean, in the language that is shown.
import { i18n } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";
import { ApiError } from "../api/ApiError";
import type { ErrorItem } from "../api/types";
import { ACCOUNT } from "./account";
import { CHANNELS } from "./channels";
import { COMMON } from "./common";
import { COMMUNITY } from "./community";
import { FILES } from "./files";
import { HABITS } from "./habits";
import { INTEGRATIONS } from "./integrations";
import { PROVIDERS } from "./providers";

export const SENTENCES = {
  ...COMMON,
  ...ACCOUNT,
  ...HABITS,
  ...COMMUNITY,
  ...INTEGRATIONS,
  ...CHANNELS,
  ...FILES,
  ...PROVIDERS,
};

/** Return one refusal as a sentence. */
export function sentenceOf({ code = "error", attr, detail }: ErrorItem): string {
  const field = attr?.split(".").at(-1) ?? "";
  const known = SENTENCES[`${code} ${field}`] ?? SENTENCES[code];
  if (known) return i18n._(known);
  return detail || i18n._(msg`The server refused this. Please try again.`);
}

/** Return any failure as a sentence. */
export function sentenceOfError(error: unknown): string {
  if (!(error instanceof ApiError)) return t`Something went wrong. Please try again.`;
  return [...new Set(error.errors.map(sentenceOf))].join(" ");
}

/** Return the sentences by field, and those that belong to none of `fields`. */
export function sentencesByField(
  error: unknown,
  fields: readonly string[],
): { byField: Record<string, string>; others: string[] } {
  if (!(error instanceof ApiError)) return { byField: {}, others: [sentenceOfError(error)] };
  const byField: Record<string, string> = {};
  const others: string[] = [];
  for (const item of error.errors) {
    const parts = item.attr?.split(".") ?? [];
    const field = fields.find((name) => name === item.attr) ?? fields.find((name) => parts.includes(name));
    if (!field) others.push(sentenceOf(item));
    else if (!byField[field]) byField[field] = sentenceOf(item);
  }
  return { byField, others };
}
