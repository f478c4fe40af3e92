import { useLingui } from "@lingui/react/macro";
import type { Schema } from "../../shared/api/types";
import { dayAndTime } from "../../shared/dates/format";
import { useMe } from "../../shared/person/me";

type Endpoint = Schema<"Endpoint">;

/** Return a function that says whether a webhook is on, and why not. */
export function useWebhookState() {
  const { t } = useLingui();
  const { time_zone: zone } = useMe();
  return ({ off_at: off, off_reason: why, failing_since: failing }: Endpoint) => {
    if (off) {
      const since = dayAndTime(off, zone);
      return {
        mark: { text: t`off`, color: "red" },
        line:
          why === "gone"
            ? t`Turned off ${since}: the program answered that it is gone (410).`
            : t`Turned off ${since}: it had failed for five days.`,
      };
    }
    if (failing) {
      return {
        mark: { text: t`failing`, color: "red" },
        line: t`Nothing but failures since ${dayAndTime(failing, zone)}. It is still tried.`,
      };
    }
    return { mark: { text: t`on`, color: "pine" }, line: "" };
  };
}
