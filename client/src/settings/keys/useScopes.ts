import { useLingui } from "@lingui/react/macro";
import type { Schema } from "../../shared/api/types";

export type Scope = Schema<"Key">["scopes"][number];

/** What each scope lets a program do, in their order. */
export function useScopes(): Record<Scope, string> {
  const { t } = useLingui();
  return {
    "habits:read": t`read habits, tags, pauses, goals and reminders`,
    "habits:write": t`create and change habits, pauses, goals and reminders`,
    "logs:read": t`read days, with their notes`,
    "logs:write": t`say what was done on a day`,
    "stats:read": t`read progress, summaries and achievements`,
    "profile:read": t`read the profile, without address and chat`,
    "community:read": t`read challenges, groups and leaderboards`,
    "events:write": t`send events of devices`,
    "webhooks:manage": t`manage webhooks of what it can read`,
    "export:read": t`read an export of everything`,
  };
}
