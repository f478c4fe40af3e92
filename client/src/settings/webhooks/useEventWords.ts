import { useLingui } from "@lingui/react/macro";
import type { Schema } from "../../shared/api/types";

export type WebhookEvent = Schema<"Endpoint">["events"][number];

/** When each event is told, in their order. */
export function useEventWords(): Record<WebhookEvent, string> {
  const { t } = useLingui();
  return {
    "log.set": t`a day says something else than before`,
    "log.cleared": t`a day is cleared`,
    "streak.extended": t`a streak grows`,
    "streak.lost": t`a streak ends`,
    "goal.reached": t`a goal is reached`,
    "achievement.awarded": t`an achievement is earned`,
    "achievement.withdrawn": t`an achievement is withdrawn`,
    "habit.created": t`a habit is made`,
    "habit.changed": t`a habit is changed`,
    "habit.deleted": t`a habit is deleted`,
    "track.started": t`a habit is started or followed`,
    "track.left": t`a habit is left`,
    "pause.started": t`days are paused`,
    "pause.ended": t`a pause ends`,
    "challenge.ended": t`a challenge is over`,
    "person.linked": t`of services: a person is linked`,
    "person.unlinked": t`of services: a person is unlinked`,
    "person.deleted": t`of services: a person is deleted`,
  };
}
