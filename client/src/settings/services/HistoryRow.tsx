import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { answered, api } from "../../shared/api/client";
import type { Schema } from "../../shared/api/types";
import { dayAndTime } from "../../shared/dates/format";
import { useMe } from "../../shared/person/me";
import { useAct } from "../../shared/query/useAct";
import { notify } from "../../shared/ui/notices";
import { Row } from "../../shared/ui/Row";
import { PasswordStep } from "./PasswordStep";

/** What a service has kept under the person's address: it can be taken over. */
export function HistoryRow({ history }: { history: Schema<"History"> }) {
  const { t } = useLingui();
  const { time_zone: zone } = useMe();
  const { refresh } = useAct(["histories"], ["link-requests"], ["tracks"], ["days"], ["habits"]);
  const { id, partner } = history;
  return (
    <Row title={partner} lines={[t`Since ${dayAndTime(history.created_at, zone)}`]}>
      <PasswordStep
        of={t`the history of ${partner}`}
        submit={<Trans>Take over from {partner}</Trans>}
        send={async (password) => {
          const { tracks } = await answered(
            api.POST("/histories/{id}/take-over/", { params: { path: { id } }, body: { password } }),
          );
          refresh();
          notify({
            kind: "done",
            text: plural(tracks.length, { one: "Taken over: # habit.", other: "Taken over: # habits." }),
          });
        }}
      />
    </Row>
  );
}
