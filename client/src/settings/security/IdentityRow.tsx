import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { api } from "../../shared/api/client";
import type { Schema } from "../../shared/api/types";
import { dayAndTime } from "../../shared/dates/format";
import { useLimits } from "../../shared/person/limits";
import { useMe } from "../../shared/person/me";
import { useAct } from "../../shared/query/useAct";
import { notify } from "../../shared/ui/notices";
import { Row } from "../../shared/ui/Row";
import { PasswordStep } from "../services/PasswordStep";

export function IdentityRow({ identity }: { identity: Schema<"Identity"> }) {
  const { t } = useLingui();
  const { time_zone: zone } = useMe();
  const { account } = useLimits();
  const { refresh } = useAct(["identities"], ["access"]);
  const [isRemoving, setIsRemoving] = useState(false);
  const { id, provider, issuer, email, created_at: made, last_used_at: used } = identity;
  const isProxy = issuer === "proxy";
  const offered = account.providers.find(({ name }) => name === provider);
  const title = isProxy ? t`The service in front of this one` : (offered?.title ?? issuer);
  return (
    <Row
      title={title}
      marks={offered || isProxy ? [] : [{ text: t`no longer offered` }]}
      lines={[email, `${t`Since ${dayAndTime(made, zone)}.`} ${t`Last used ${dayAndTime(used, zone)}.`}`]}
      actions={
        <Button
          variant="default"
          aria-label={t`Remove: ${title}`}
          aria-expanded={isRemoving}
          onClick={() => setIsRemoving(!isRemoving)}
        >
          <Trans>Remove</Trans>
        </Button>
      }
    >
      {isRemoving ? (
        <Stack gap="xs">
          <Text size="sm">
            <Trans>You can connect it again. Devices that are signed in stay so.</Trans>
          </Text>
          <PasswordStep
            of={t`Remove: ${title}`}
            submit={<Trans>Remove this way to sign in</Trans>}
            send={async (password) => {
              await api.DELETE("/identities/{id}/", { params: { path: { id } }, body: { password } });
              notify({ kind: "done", text: t`Removed: ${title}.` });
              refresh();
            }}
          />
        </Stack>
      ) : null}
    </Row>
  );
}
