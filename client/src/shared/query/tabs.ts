// Tabs of one person show the same: what one changes is shown by the others.
import type { QueryClient, QueryKey } from "@tanstack/react-query";
import { channelOf } from "../api/channel";
import { signedInPerson } from "../api/session";

type News = { person: string; key: QueryKey; data?: unknown };

const channel = channelOf("habits.answers");

/** Tell the other tabs that answers below `key` have changed; or what the answer of exactly `key` is now. */
export function tellTabs(key: QueryKey, data?: unknown): void {
  const person = signedInPerson();
  if (person) channel?.postMessage({ person, key, data } satisfies News);
}

/** Follow the other tabs. Return how to stop. */
export function followTabs(client: QueryClient): () => void {
  const onNews = ({ data: news }: MessageEvent<News>) => {
    if (news.person !== signedInPerson()) return;
    if (news.data === undefined) void client.invalidateQueries({ queryKey: news.key });
    else if (client.getQueryData(news.key) !== undefined) client.setQueryData(news.key, news.data);
  };
  channel?.addEventListener("message", onNews);
  return () => channel?.removeEventListener("message", onNews);
}
