import { useLingui } from "@lingui/react/macro";
import {
  IconActivityHeartbeat,
  IconBell,
  IconBrandTelegram,
  IconCalendar,
  IconClock,
  IconDatabase,
  IconDevices,
  IconKey,
  IconLink,
  IconMail,
  IconPlayerPause,
  IconPlugConnected,
  IconSend,
  IconShieldLock,
  IconSun,
  IconTrash,
  IconUser,
  IconWebhook,
} from "@tabler/icons-react";
import type { DestinationProps } from "./Destination";

/** The screens of settings, in groups. */
export function useDestinations(): { name: string; destinations: DestinationProps[] }[] {
  const { t } = useLingui();
  return [
    {
      name: t`You`,
      destinations: [
        { to: "/me/profile", name: t`Profile`, text: t`Name, address, language, time`, Icon: IconUser },
        { to: "/me/appearance", name: t`Appearance`, text: t`Light or dark`, Icon: IconSun },
      ],
    },
    {
      name: t`Reminders and messages`,
      destinations: [
        { to: "/me/reminders", name: t`Reminders`, text: t`Of all habits`, Icon: IconClock },
        {
          to: "/me/channels",
          name: t`Channels`,
          text: t`Where messages arrive, and when not`,
          Icon: IconSend,
        },
        {
          to: "/me/telegram",
          name: t`Telegram`,
          text: t`Connect a chat with the bot`,
          Icon: IconBrandTelegram,
        },
        { to: "/me/notifications", name: t`Mail`, text: t`Reminders and weekly summary`, Icon: IconMail },
        { to: "/me/messages", name: t`Messages`, text: t`What was sent, and what failed`, Icon: IconBell },
        { to: "/me/pauses", name: t`Pauses`, text: t`Holidays, illness`, Icon: IconPlayerPause },
      ],
    },
    {
      name: t`Security`,
      destinations: [
        {
          to: "/me/security",
          name: t`Password and access`,
          text: t`What can open your account`,
          Icon: IconShieldLock,
        },
        { to: "/me/sessions", name: t`Sessions`, text: t`Where you are signed in`, Icon: IconDevices },
      ],
    },
    {
      name: t`Other programs`,
      destinations: [
        {
          to: "/me/devices",
          name: t`Devices and events`,
          text: t`Steps, sleep and more tick habits`,
          Icon: IconActivityHeartbeat,
        },
        {
          to: "/me/action-links",
          name: t`Action links`,
          text: t`Tick a habit by a tag or button`,
          Icon: IconLink,
        },
        { to: "/me/calendar", name: t`Calendar`, text: t`Reminders in your calendar`, Icon: IconCalendar },
        {
          to: "/me/services",
          name: t`Linked services`,
          text: t`Services that act for you`,
          Icon: IconPlugConnected,
        },
        { to: "/me/keys", name: t`Keys`, text: t`For programs that use the API`, Icon: IconKey },
        { to: "/me/webhooks", name: t`Webhooks`, text: t`Tell a program what happens`, Icon: IconWebhook },
      ],
    },
    {
      name: t`Your data`,
      destinations: [
        { to: "/me/data", name: t`My data`, text: t`Export, import, what is kept`, Icon: IconDatabase },
        { to: "/me/delete", name: t`Delete the account`, text: t`With everything in it`, Icon: IconTrash },
      ],
    },
  ];
}
