import { ROOT } from "../../shared/api/site";

export type Invitable = "challenges" | "groups";

/** Return the link that shows an invitation to whoever opens it. */
export function invitationUrl(kind: Invitable, code: string): string {
  return `${location.origin}${ROOT}together/${kind}/join/${encodeURIComponent(code)}`;
}

/** Return the code in what a person has typed or pasted: a code, or an invitation link. */
export function codeIn(text: string): string {
  const last =
    text
      .trim()
      .replace(/[?#].*$/, "")
      .replace(/\/+$/, "")
      .split("/")
      .at(-1) ?? "";
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}
