import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { answered, api } from "../../shared/api/client";
import type { Schema } from "../../shared/api/types";
import { channelsQuery } from "../../shared/channels/queries";
import { sentenceOfError } from "../../shared/errors/sentences";
import { tellTabs } from "../../shared/query/tabs";
import { notify } from "../../shared/ui/notices";

export type Channels = Schema<"Channels">;
export type ChannelState = Schema<"ChannelState">;
export type ChannelName = Channels["order"][number];
export type Topic = keyof Channels["kinds"];

export const browsersQuery = queryOptions({
  queryKey: ["channels", "browsers"],
  queryFn: async () =>
    (await answered(api.GET("/push/subscriptions/", { params: { query: { page_size: 100 } } }))).results,
  meta: { volatile: true },
});

const CHOOSE = ["choose channels"];

/** Return how to set the order or the kinds: shown at once, sent one after the other. */
export function useChoose() {
  const client = useQueryClient();
  return useMutation({
    mutationKey: CHOOSE,
    scope: { id: CHOOSE[0] ?? "" },
    networkMode: "always", // without a network it fails and says so
    mutationFn: (choice: Schema<"Choices">) => answered(api.PUT("/channels/", { body: choice })),
    onMutate: async (choice) => {
      await client.cancelQueries({ queryKey: channelsQuery.queryKey, exact: true });
      client.setQueryData(channelsQuery.queryKey, (shown) => shown && withChoice(shown, choice));
    },
    onError: (error) => notify({ kind: "problem", text: sentenceOfError(error) }),
    onSettled: (answer) => {
      if (client.isMutating({ mutationKey: CHOOSE }) > 1) return; // the answer to the last one counts
      if (answer) client.setQueryData(channelsQuery.queryKey, answer);
      else void client.invalidateQueries({ queryKey: channelsQuery.queryKey, exact: true });
      tellTabs(channelsQuery.queryKey);
    },
  });
}

/** Return the channels as they are once a choice has been made. */
export function withChoice(shown: Channels, { order, kinds }: Schema<"Choices">): Channels {
  const names = order ?? shown.order;
  return {
    ...shown,
    order: names,
    channels: names.flatMap((name) => shown.channels.filter((each) => each.name === name)),
    kinds: { ...shown.kinds, ...kinds },
  };
}
