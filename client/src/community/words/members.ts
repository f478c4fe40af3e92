import { plural } from "@lingui/core/macro";

export function membersText(count: number): string {
  return plural(count, { one: "# member", other: "# members" });
}
