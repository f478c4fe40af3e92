import { Trans, useLingui } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { api } from "../../shared/api/client";
import type { Schema } from "../../shared/api/types";
import { dayAndTime } from "../../shared/dates/format";
import { useLimits } from "../../shared/person/limits";
import { useMe } from "../../shared/person/me";
import { useAct } from "../../shared/query/useAct";
import { ask } from "../../shared/ui/questions";
import { Row } from "../../shared/ui/Row";

export function IdentityRow({ identity }: { identity: Schema<"Identity"> }) {
  const { t } = useLingui();
  const { time_zone: zone } = useMe();
  const { account } = useLimits();
  const { act, isBusy } = useAct(["identities"], ["access"]);
  const { id, provider, issuer, email, created_at: made, last_used_at: used } = identity;
  const isProxy = issuer === "proxy";
  const offered = account.providers.find(({ name }) => name === provider);
  const title = isProxy ? t`The service in front of this one` : (offered?.title ?? issuer);
  async function remove() {
    const agreed = await ask({
      title: t`Sign in with ${title} no more?`,
      text: t`You can connect it again. Devices that are signed in stay so.`,
      yes: t`Remove`,
      isDangerous: true,
    });
    if (agreed) {
      await act(() => api.DELETE("/identities/{id}/", { params: { path: { id } } }), t`Removed: ${title}.`);
    }
  }
  return (
    <Row
      title={title}
      marks={offered || isProxy ? [] : [{ text: t`no longer offered` }]}
      lines={[email, `${t`Since ${dayAndTime(made, zone)}.`} ${t`Last used ${dayAndTime(used, zone)}.`}`]}
      actions={
        <Button
          variant="default"
          aria-label={t`Remove: ${title}`}
          loading={isBusy}
          onClick={() => void remove()}
        >
          <Trans>Remove</Trans>
        </Button>
      }
    />
  );
}
