import { useLingui } from "@lingui/react/macro";
import type { ChannelName } from "./queries";

interface Words {
  name: string;
  /** What it is. */
  about: string;
  /** Where it is set up. */
  to: string;
  /** What it means that it is unreachable. */
  refused: string;
}

export function useChannelWords(): Record<ChannelName, Words> {
  const { t } = useLingui();
  return {
    telegram: {
      name: t`Telegram`,
      about: t`A chat with the bot`,
      to: "/me/telegram",
      refused: t`Telegram refuses our messages. Perhaps the bot is blocked: unblock it, then connect again.`,
    },
    ntfy: {
      name: "ntfy",
      about: t`Push messages by a server of your choice`,
      to: "/me/channels/ntfy",
      refused: t`The ntfy server refuses our messages. Perhaps the topic is protected, or the token has ended: connect it again.`,
    },
    webpush: {
      name: t`Browsers`,
      about: t`Messages of this site, also while it is closed`,
      to: "/me/channels/webpush",
      refused: t`No browser takes our messages any more. Turn them on again in the browsers that you use.`,
    },
    apprise: {
      name: "Apprise",
      about: t`Discord, Gotify, Pushover, Signal and more`,
      to: "/me/channels/apprise",
      refused: t`The service refuses our messages. Perhaps its token has ended: connect it again.`,
    },
    email: {
      name: t`Mail`,
      about: t`To the address of your account`,
      to: "/me/notifications",
      refused: t`The mail server refuses our mails to your address. Check the address in your profile.`,
    },
  };
}
