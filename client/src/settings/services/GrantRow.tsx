import { Trans, useLingui } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { api } from "../../shared/api/client";
import type { Schema } from "../../shared/api/types";
import { dayAndTime } from "../../shared/dates/format";
import { useMe } from "../../shared/person/me";
import { useAct } from "../../shared/query/useAct";
import { ask } from "../../shared/ui/questions";
import { Row } from "../../shared/ui/Row";
import { useScopes } from "../keys/useScopes";
import { scopeWords } from "./scopeWords";

export function GrantRow({ grant }: { grant: Schema<"Grant"> }) {
  const { t } = useLingui();
  const { time_zone: zone } = useMe();
  const scopes = useScopes();
  const { act } = useAct(["grants"], ["access"], ["link-requests"]);
  const { id, partner } = grant;
  async function end() {
    const agreed = await ask({
      title: t`Unlink ${partner}?`,
      text: t`It can no longer read or change anything of yours. What it has done stays.`,
      yes: t`Unlink`,
      isDangerous: true,
    });
    if (agreed) {
      await act(() => api.DELETE("/grants/{id}/", { params: { path: { id } } }), t`Unlinked: ${partner}.`);
    }
  }
  return (
    <Row
      title={partner}
      lines={[
        t`It may: ${scopeWords(grant.scopes, scopes)}.`,
        t`Since ${dayAndTime(grant.created_at, zone)}`,
      ]}
      actions={
        <Button variant="default" aria-label={t`Unlink: ${partner}`} onClick={() => void end()}>
          <Trans>Unlink</Trans>
        </Button>
      }
    />
  );
}
