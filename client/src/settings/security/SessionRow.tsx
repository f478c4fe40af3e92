import { Trans, useLingui } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { api } from "../../shared/api/client";
import type { Schema } from "../../shared/api/types";
import { dayAndTime } from "../../shared/dates/format";
import { useMe } from "../../shared/person/me";
import { useAct } from "../../shared/query/useAct";
import { ask } from "../../shared/ui/questions";
import { Row } from "../../shared/ui/Row";

export function SessionRow({ session }: { session: Schema<"Session"> }) {
  const { t } = useLingui();
  const { time_zone: zone } = useMe();
  const { act } = useAct(["sessions"]);
  const { id, device, network_address: from } = session;
  const name = device || t`Unknown device`;
  const used = dayAndTime(session.last_used_at, zone);
  async function end() {
    const agreed = await ask({
      title: t`Sign out ${name}?`,
      text: t`It has to sign in again, which we tell you by mail. If you do not know this device, change your password as well.`,
      yes: t`Sign out`,
      isDangerous: true,
    });
    if (agreed) {
      await act(
        () => api.DELETE("/users/me/sessions/{id}/", { params: { path: { id } } }),
        t`Signed out: ${name}.`,
      );
    }
  }
  return (
    <Row
      title={name}
      marks={session.current ? [{ text: t`This device`, color: "pine" }] : []}
      lines={[
        from ? t`Last used ${used}, from ${from}` : t`Last used ${used}`,
        t`Signed in ${dayAndTime(session.created_at, zone)}`,
      ]}
      actions={
        session.current ? null : (
          <Button
            variant="default"
            aria-label={t`Sign out: ${name}, last used ${used}, number ${id}`}
            onClick={() => void end()}
          >
            <Trans>Sign out</Trans>
          </Button>
        )
      }
    />
  );
}
