// Who may do what in a group. The server decides; this is what is offered.
import type { Role } from "../types";

export type MemberAction = "appoint" | "dismiss" | "hand over" | "remove";

/** Return whether the role leads the group: changes it, invites, adds and removes habits and members. */
export function leads(role: Role | null): boolean {
  return role === "owner" || role === "admin";
}

/** Return what somebody with the role `mine` can do with another member of the role `theirs`. */
export function memberActions(mine: Role | null, theirs: Role): MemberAction[] {
  if (mine === "owner" && theirs === "admin") return ["dismiss", "hand over", "remove"];
  if (mine === "owner" && theirs === "member") return ["appoint", "hand over", "remove"];
  return mine === "admin" && theirs === "member" ? ["remove"] : [];
}

/** Return whether a habit can be removed from the group: also by the habit's own owner. */
export function canRemoveHabit(role: Role | null, habitOwner: string | null, me: string): boolean {
  return leads(role) || habitOwner === me;
}
