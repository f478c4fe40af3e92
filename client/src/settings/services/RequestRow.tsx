import { Trans, useLingui } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { api } from "../../shared/api/client";
import type { Schema } from "../../shared/api/types";
import { dayAndTime } from "../../shared/dates/format";
import { useMe } from "../../shared/person/me";
import { useAct } from "../../shared/query/useAct";
import { notify } from "../../shared/ui/notices";
import { ask } from "../../shared/ui/questions";
import { Row } from "../../shared/ui/Row";
import { useScopes } from "../keys/useScopes";
import { PasswordStep } from "./PasswordStep";
import { scopeWords } from "./scopeWords";

/** A service that asks to be linked: allow it with the password, decline, or decline for good. */
export function RequestRow({ request }: { request: Schema<"LinkRequest"> }) {
  const { t } = useLingui();
  const { time_zone: zone } = useMe();
  const scopes = useScopes();
  const { act, refresh } = useAct(["grants"], ["access"], ["link-requests"], ["histories"]);
  const { id, partner } = request;
  const params = { path: { id } };
  const decline = (forGood: boolean) =>
    act(
      () => api.POST("/link-requests/{id}/decline/", { params, body: { never_again: forGood } }),
      t`Declined: ${partner}.`,
    );
  async function declineForGood() {
    const agreed = await ask({
      title: t`Never be asked by ${partner} again?`,
      text: t`It can no longer ask to be linked to you.`,
      yes: t`Never again`,
    });
    if (agreed) await decline(true);
  }
  return (
    <Row
      title={partner}
      lines={[
        t`It wants to: ${scopeWords(request.scopes, scopes)}.`,
        t`Asked ${dayAndTime(request.created_at, zone)}, until ${dayAndTime(request.expires_at, zone)}`,
      ]}
    >
      <PasswordStep
        of={partner}
        submit={<Trans>Allow {partner}</Trans>}
        send={async (password) => {
          await api.POST("/link-requests/{id}/accept/", { params, body: { password } });
          refresh();
          notify({ kind: "done", text: t`Linked: ${partner}.` });
        }}
        more={
          <>
            <Button variant="default" aria-label={t`Decline: ${partner}`} onClick={() => void decline(false)}>
              <Trans>Decline</Trans>
            </Button>
            <Button
              variant="subtle"
              aria-label={t`Never again: ${partner}`}
              onClick={() => void declineForGood()}
            >
              <Trans>Never again</Trans>
            </Button>
          </>
        }
      />
    </Row>
  );
}
