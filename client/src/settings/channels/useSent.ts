import { useQuery } from "@tanstack/react-query";
import { answered, api } from "../../shared/api/client";
import type { Schema } from "../../shared/api/types";
import type { ChannelName } from "./queries";

const EVERY = 2_000; // milliseconds between two looks

export type Sent = Schema<"Delivery">;

/** Return the latest message of a kind on a channel, and look at it until it has been sent or has failed. */
export function useSent(channel: ChannelName, kind: "channel_code" | "channel_test", enabled: boolean) {
  return useQuery({
    queryKey: ["messages", "latest", kind, channel],
    queryFn: async (): Promise<Sent | null> => {
      const query = { channel, kind, page_size: 1 };
      return (await answered(api.GET("/notifications/", { params: { query } }))).results[0] ?? null;
    },
    enabled,
    staleTime: 0,
    gcTime: 0,
    refetchInterval: ({ state: { data } }) => (!data || data.state === "pending" ? EVERY : false),
    meta: { volatile: true },
  });
}
