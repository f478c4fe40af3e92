/** What the server pushes: see notifications/channels/webpush/channel.py. */
export interface Pushed {
  title: string;
  body?: string;
  url?: string;
  tag?: string;
  actions?: { action: string; title: string; url: string }[];
}

interface Shown {
  title: string;
  options: NotificationOptions & { actions?: { action: string; title: string }[]; renotify?: boolean };
}

/** Return the notification that shows a pushed message. A later message with the same tag takes its place. */
export function notificationOf(pushed: Pushed, page: string): Shown {
  const actions = pushed.actions ?? [];
  return {
    title: pushed.title,
    options: {
      body: pushed.body ?? "",
      icon: new URL("static/web/icon-192.png", page).href,
      badge: new URL("static/web/badge.png", page).href,
      ...(pushed.tag ? { tag: pushed.tag, renotify: true } : {}),
      actions: actions.map(({ action, title }) => ({ action, title })),
      data: {
        url: pushed.url ?? page,
        actions: Object.fromEntries(actions.map(({ action, url }) => [action, url])),
      },
    },
  };
}
