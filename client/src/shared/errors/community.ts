import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";

/** Codes of challenges, groups, leaderboards, achievements and share links. */
export const COMMUNITY: Record<string, MessageDescriptor> = {
  owner: msg`You own this group. Hand it over to another member first, or delete it.`,
  "does_not_exist username": msg`The group has no such member any more.`,
  "does_not_exist habit": msg`Choose one of your habits or a published one.`,
  "does_not_exist share": msg`This link shows nothing at the moment. Choose another.`,
  "does_not_exist achievement": msg`You have not earned this achievement.`,
  removed: msg`You were removed from this group. Ask for a new invitation.`,
  full: msg`This group is full.`,
  unknown_code: msg`This invitation is not valid any more. Ask for a new one.`,
  too_long: msg`A challenge can last at most a year.`,
  starts_in_past: msg`A challenge starts today or later.`,
  too_far_ahead: msg`A challenge starts within a year.`,
  before_habit: msg`The habit starts later than this day.`,
  after_habit: msg`The habit ends before this day.`,
  started: msg`This challenge has begun. It can only be ended now.`,
  over: msg`This challenge is over.`,
  cancelled: msg`This challenge was ended by its creator.`,
  not_published: msg`This habit is not published.`,
  too_many_links: msg`You have as many links as there can be. Revoke one first.`,
  not_of_this_kind: msg`This does not fit this kind of link.`,
};
