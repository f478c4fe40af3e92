import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";

/** Codes of accounts, sessions and passwords. */
export const ACCOUNT: Record<string, MessageDescriptor> = {
  no_active_account: msg`The e-mail address or the password is wrong, or the address is not confirmed yet.`,
  email_taken: msg`Another account uses this address.`,
  username_taken: msg`This username is taken. Choose another.`,
  "invalid username": msg`Use letters, digits, dots, hyphens and underscores.`,
  "invalid email": msg`This is not an e-mail address. Check how it is written.`,
  weak_password: msg`Choose a password that is harder to guess: at least 8 characters, not a common one.`,
  wrong_password: msg`This is not your current password.`,
  invalid_link: msg`This link is invalid, has expired or was already used.`,
  unknown_time_zone: msg`Choose a time zone of the list.`,
  invisible_character: msg`It contains a character that cannot be seen. Type it again.`,
  mixed_scripts: msg`Do not mix alphabets in one word.`,
  no_letters: msg`It needs a letter or a digit.`,
  token_not_valid: msg`Please sign in again.`,
  telegram_not_connected: msg`Connect Telegram first, so that reminders can reach you.`,
};
