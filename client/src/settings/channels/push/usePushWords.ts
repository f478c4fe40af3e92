import { useLingui } from "@lingui/react/macro";
import type { PushRefusal } from "./subscribing";
import type { Support } from "./support";

/** Why this browser shows no messages, and what helps. */
export function usePushWords(): Record<PushRefusal | Exclude<Support, "yes">, string> {
  const { t } = useLingui();
  return {
    refused: t`This browser has been told to refuse messages of this site. Allow notifications in its settings for this site (beside the address), then come back.`,
    dismissed: t`The browser's question was not answered. Try again and choose Allow.`,
    "no-worker": t`This browser does not let the site work in the background. Private windows refuse that: use a usual one.`,
    "no-service": t`The browser could not reach its push service. Check the connection; some browsers have push messages turned off in their settings. Or use another channel.`,
    insecure: t`Messages need an address that begins with https://.`,
    install: t`On an iPhone or iPad, first add this site to the home screen (Share, Add to Home Screen) and open it from there.`,
    unsupported: t`This browser cannot show messages of a site. Use another one, or another channel.`,
  };
}
