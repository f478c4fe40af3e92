import type { RouteObject } from "react-router";
import { screen } from "../shared/screens";

export const settingsRoutes: RouteObject[] = [
  { path: "/me", lazy: screen("settings", async () => (await import("./MeScreen")).MeScreen) },
  {
    path: "/me/profile",
    lazy: screen("settings", async () => (await import("./profile/ProfileScreen")).ProfileScreen),
  },
  {
    path: "/me/appearance",
    lazy: screen("settings", async () => (await import("./profile/AppearanceScreen")).AppearanceScreen),
  },
  {
    path: "/me/reminders",
    lazy: screen("settings", async () => (await import("./reminders/RemindersScreen")).RemindersScreen),
  },
  {
    path: "/me/channels",
    lazy: screen("settings", async () => (await import("./channels/ChannelsScreen")).ChannelsScreen),
  },
  {
    path: "/me/channels/ntfy",
    lazy: screen("settings", async () => (await import("./channels/NtfyScreen")).NtfyScreen),
  },
  {
    path: "/me/channels/apprise",
    lazy: screen("settings", async () => (await import("./channels/AppriseScreen")).AppriseScreen),
  },
  {
    path: "/me/channels/webpush",
    lazy: screen("settings", async () => (await import("./channels/push/BrowsersScreen")).BrowsersScreen),
  },
  {
    path: "/me/telegram",
    lazy: screen("settings", async () => (await import("./notifications/TelegramScreen")).TelegramScreen),
  },
  {
    path: "/me/notifications",
    lazy: screen("settings", async () => (await import("./notifications/MailScreen")).MailScreen),
  },
  {
    path: "/me/messages",
    lazy: screen("settings", async () => (await import("./notifications/MessagesScreen")).MessagesScreen),
  },
  {
    path: "/me/pauses",
    lazy: screen("settings", async () => (await import("./pauses/PausesScreen")).PausesScreen),
  },
  {
    path: "/me/security",
    lazy: screen("settings", async () => (await import("./security/SecurityScreen")).SecurityScreen),
  },
  {
    path: "/me/sessions",
    lazy: screen("settings", async () => (await import("./security/SessionsScreen")).SessionsScreen),
  },
  { path: "/me/keys", lazy: screen("settings", async () => (await import("./keys/KeysScreen")).KeysScreen) },
  {
    path: "/me/keys/new",
    lazy: screen("settings", async () => (await import("./keys/NewKeyScreen")).NewKeyScreen),
  },
  {
    path: "/me/services",
    lazy: screen("settings", async () => (await import("./services/ServicesScreen")).ServicesScreen),
  },
  {
    path: "/me/webhooks",
    lazy: screen("settings", async () => (await import("./webhooks/WebhooksScreen")).WebhooksScreen),
  },
  {
    path: "/me/webhooks/new",
    lazy: screen("settings", async () => (await import("./webhooks/NewWebhookScreen")).NewWebhookScreen),
  },
  {
    path: "/me/webhooks/:id",
    lazy: screen("settings", async () => (await import("./webhooks/WebhookScreen")).WebhookScreen),
  },
  {
    path: "/me/devices",
    lazy: screen("settings", async () => (await import("./events/DevicesScreen")).DevicesScreen),
  },
  {
    path: "/me/action-links",
    lazy: screen("settings", async () => (await import("./links/ActionLinksScreen")).ActionLinksScreen),
  },
  {
    path: "/me/calendar",
    lazy: screen("settings", async () => (await import("./calendar/CalendarScreen")).CalendarScreen),
  },
  { path: "/me/data", lazy: screen("settings", async () => (await import("./data/DataScreen")).DataScreen) },
  {
    path: "/me/data/imports/:id",
    lazy: screen("settings", async () => (await import("./data/ImportScreen")).ImportScreen),
  },
  {
    path: "/me/delete",
    lazy: screen("settings", async () => (await import("./data/DeleteScreen")).DeleteScreen),
  },
];
