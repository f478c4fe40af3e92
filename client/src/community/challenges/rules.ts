import type { Challenge } from "../types";

type Seen = Pick<Challenge, "state" | "is_member" | "is_creator" | "is_public" | "habit">;

export const isUnfinished = ({ state }: Pick<Challenge, "state">) =>
  state === "upcoming" || state === "running";

/** Return whether one can join without an invitation: the habit of a public challenge may be unpublished since. */
export const canJoin = (seen: Seen) =>
  !seen.is_member && seen.is_public && seen.habit !== null && isUnfinished(seen);

/** Return whether the challenge can be changed: by its creator, until it has begun somewhere. */
export const canEdit = ({ is_creator, state }: Seen) => is_creator && state === "upcoming";

/** Return whether the challenge can be ended for all. */
export const canEnd = (seen: Seen) => seen.is_creator && isUnfinished(seen);
