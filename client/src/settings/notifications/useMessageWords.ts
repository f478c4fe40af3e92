import { useLingui } from "@lingui/react/macro";
import type { Schema } from "../../shared/api/types";

type Delivery = Schema<"Delivery">;

export function useMessageStates(): Record<Delivery["state"], { text: string; color: string }> {
  const { t } = useLingui();
  return {
    pending: { text: t`Waiting`, color: "gray" },
    sent: { text: t`Sent`, color: "pine" },
    failed: { text: t`Failed`, color: "red" },
    expired: { text: t`Too late`, color: "red" },
    dropped: { text: t`Not sent`, color: "gray" },
  };
}

export function useMessageKinds(): Partial<Record<string, string>> {
  const { t } = useLingui();
  return {
    reminder: t`Reminder`,
    habit_created: t`New habit`,
    goal_reached: t`Goal reached`,
    achievement: t`Achievement`,
    challenge_ended: t`Challenge over`,
    challenge_cancelled: t`Challenge cancelled`,
    digest: t`Weekly summary`,
    chat_confirmation: t`Chat to confirm`,
    email_confirmation: t`Mail to confirm the address`,
    email_change: t`Mail to a new address`,
    password_reset: t`Mail to choose a password`,
    new_device: t`Sign-in from a new device`,
    email_change_notice: t`Mail about a change of address`,
    email_changed: t`Mail to the old address`,
    chat_connected: t`Mail about a new chat`,
    sign_in_link: t`Mail to sign in`,
    key_created: t`Mail about a new key`,
    webhook_failing: t`Mail about a webhook that fails`,
    webhook_off: t`Mail about a webhook that is off`,
    link_requested: t`Mail about a service that asks to be linked`,
    grant_created: t`Mail about a linked service`,
    channel_code: t`Code to connect a channel`,
    channel_test: t`Test message`,
    identity_connected: t`Mail about a new way to sign in`,
    identity_removed: t`Mail about a removed way to sign in`,
    passkey_added: t`Mail about a new passkey`,
    passkey_removed: t`Mail about a removed passkey`,
    password_changed: t`Mail about a new password`,
    second_factor: t`Mail about two-factor sign-in`,
  };
}
