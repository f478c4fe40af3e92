import { useLingui } from "@lingui/react/macro";
import { dayAndMonth } from "../../shared/dates/format";
import type { ChannelState } from "./queries";

/** Return the state of a channel in a few words, and whether it needs attention. */
export function useChannelState(): (channel: ChannelState) => { text: string; isWrong: boolean } {
  const { t } = useLingui();
  return ({ connected, pending, address, unreachable_since: since }) => {
    if (since) return { text: t`Refuses messages since ${dayAndMonth(since.slice(0, 10))}`, isWrong: true };
    if (pending) return { text: t`Waits for its code`, isWrong: false };
    if (!connected) return { text: t`Not connected`, isWrong: false };
    return { text: address ? t`Connected: ${address}` : t`Connected`, isWrong: false };
  };
}
