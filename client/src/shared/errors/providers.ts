import type { MessageDescriptor } from "@lingui/core";
import { i18n } from "@lingui/core";
import { msg } from "@lingui/core/macro";

// Why another service has signed nobody in: codes of requests, and of addresses (?problem=CODE).
export const PROVIDERS: Record<string, MessageDescriptor> = {
  provider_unavailable: msg`The other service cannot be reached. Try again in a minute.`,
  sign_in_refused: msg`The other service has not signed you in. Try again, and agree there.`,
  sign_in_expired: msg`This took too long, or was begun in another browser. Try again.`,
  invalid_ticket: msg`This took too long. Sign in again.`,
  no_address: msg`The other service does not name your e-mail address, so no account can be made.`,
  not_verified: msg`The other service has not verified your e-mail address. Verify it there, then try again.`,
  address_in_use: msg`An account has this address already. Sign in with its password, then connect the other service under Password and access.`,
  waits_for_approval: msg`Your account is made. Those who run this service have to let you in first: try again later.`,
  inactive: msg`This account is not active. Ask those who run this service.`,
  identity_taken: msg`Another account is connected with this sign-in.`,
  last_way_in: msg`This is your only way to sign in. Choose a password first.`,
  unknown_provider: msg`This service is no longer offered here.`,
  no_trusted_header: msg`The service in front of this one has not signed you in. Open this page through it.`,
  passkey_refused: msg`This passkey signs nobody in here. It may have been removed.`,
  no_passkey_used: msg`No passkey was used. Try again, or choose another way.`,
  challenge_expired: msg`This took too long. Try again.`,
  invalid_credential: msg`This passkey cannot be used here.`,
  too_many_passkeys: msg`You have as many passkeys as are possible. Remove one first.`,
  passkey_known: msg`This passkey is in use already.`,
  fresh_sign_in_required: msg`Sign in again, then this works for five minutes.`,
  invalid_init_data: msg`This was opened too long ago. Close it, and open it again from the chat with the bot.`,
  init_data_used: msg`You have signed out. Close this, and open it again from the chat with the bot.`,
  chat_not_connected: msg`This chat is not connected with your account, or your password has changed since. Sign in with your password, then connect it under Me, Telegram.`,
};

const NEWCOMERS_REFUSED = msg`No account here has your address, and this service makes none for newcomers.`;

/** Return the sentence of a code in an address. */
export function sentenceOfCode(code: string): string {
  if (code === "not_allowed") return i18n._(NEWCOMERS_REFUSED);
  return i18n._(PROVIDERS[code] ?? msg`You could not be signed in. Try again.`);
}
