import { Trans, useLingui } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { useState } from "react";
import { api } from "../../shared/api/client";
import type { Schema } from "../../shared/api/types";
import { dayAndTime } from "../../shared/dates/format";
import { useMe } from "../../shared/person/me";
import { useAct } from "../../shared/query/useAct";
import { notify } from "../../shared/ui/notices";
import { Row } from "../../shared/ui/Row";
import { RenameForm } from "../RenameForm";
import { PasswordStep } from "../services/PasswordStep";

export function PasskeyRow({ passkey }: { passkey: Schema<"Passkey"> }) {
  const { t } = useLingui();
  const { time_zone: zone } = useMe();
  const { refresh } = useAct(["passkeys"], ["access"]);
  const [open, setOpen] = useState<"" | "rename" | "remove">("");
  const { id, name, created_at: made, last_used_at: last } = passkey;
  const toggle = (what: "rename" | "remove") => setOpen(open === what ? "" : what);
  const used = last ? t`Last used ${dayAndTime(last, zone)}.` : t`Never used.`;
  return (
    <Row
      title={name}
      lines={[`${t`Since ${dayAndTime(made, zone)}.`} ${used}`]}
      actions={
        <>
          <Button
            variant="default"
            aria-expanded={open === "rename"}
            aria-label={t`Rename the passkey: ${name}`}
            onClick={() => toggle("rename")}
          >
            <Trans>Rename</Trans>
          </Button>
          <Button
            variant="default"
            aria-expanded={open === "remove"}
            aria-label={t`Remove the passkey: ${name}`}
            onClick={() => toggle("remove")}
          >
            <Trans>Remove</Trans>
          </Button>
        </>
      }
    >
      {open === "rename" ? (
        <RenameForm
          of={name}
          name={name}
          draft={`passkey name ${id}`}
          send={async (renamed) => {
            await api.PATCH("/passkeys/{id}/", { params: { path: { id } }, body: { name: renamed } });
            refresh();
            setOpen("");
          }}
        />
      ) : null}
      {open === "remove" ? (
        <PasswordStep
          of={t`Remove: ${name}`}
          submit={<Trans>Remove this passkey</Trans>}
          send={async (password) => {
            await api.DELETE("/passkeys/{id}/", { params: { path: { id } }, body: { password } });
            notify({ kind: "done", text: t`Removed: ${name}.` });
            refresh();
          }}
        />
      ) : null}
    </Row>
  );
}
