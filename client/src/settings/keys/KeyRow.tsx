import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Code } from "@mantine/core";
import { useState } from "react";
import { api } from "../../shared/api/client";
import type { Schema } from "../../shared/api/types";
import { dayAndTime } from "../../shared/dates/format";
import { useMe } from "../../shared/person/me";
import { useAct } from "../../shared/query/useAct";
import { ask } from "../../shared/ui/questions";
import { Row } from "../../shared/ui/Row";
import { RenameForm } from "../RenameForm";
import { RotateKeyForm } from "./RotateKeyForm";
import { useScopes } from "./useScopes";

type Key = Schema<"Key">;

/** A key. `onReplaced` gets the text of its successor, since this row may be gone by then. */
export function KeyRow({ item, onReplaced }: { item: Key; onReplaced: (text: string) => void }) {
  const { t } = useLingui();
  const { time_zone: zone } = useMe();
  const { act, refresh } = useAct(["keys"], ["access"]);
  const scopes = useScopes();
  const [open, setOpen] = useState<"" | "rename" | "replace">("");
  const { id, name, prefix } = item;
  const which = `${name}, ${prefix}`;
  const toggle = (what: "rename" | "replace") => setOpen(open === what ? "" : what);
  async function revoke() {
    const agreed = await ask({
      title: t`Revoke the key of “${name}”?`,
      text: t`The program that uses it stops working at once. This cannot be undone.`,
      yes: t`Revoke`,
      isDangerous: true,
    });
    if (agreed)
      await act(() => api.DELETE("/keys/{id}/", { params: { path: { id } } }), t`Revoked: ${name}.`);
  }
  const used = item.last_used_at ? t`Last used ${dayAndTime(item.last_used_at, zone)}.` : t`Never used.`;
  return (
    <Row
      title={name}
      marks={item.successor === null ? [] : [{ text: t`replaced` }]}
      lines={[
        <Code key="prefix">{prefix}…</Code>,
        <Trans key="scopes">It may: {item.scopes.map((scope) => scopes[scope]).join("; ")}.</Trans>,
        `${t`Made ${dayAndTime(item.created_at, zone)}.`} ${used}`,
        item.expires_at ? t`Works until ${dayAndTime(item.expires_at, zone)}.` : "",
      ]}
      actions={
        <>
          <Button
            variant="default"
            aria-expanded={open === "rename"}
            aria-label={t`Rename: ${which}`}
            onClick={() => toggle("rename")}
          >
            <Trans>Rename</Trans>
          </Button>
          {item.successor === null ? (
            <Button
              variant="default"
              aria-expanded={open === "replace"}
              aria-label={t`Replace: ${which}`}
              onClick={() => toggle("replace")}
            >
              <Trans>Replace</Trans>
            </Button>
          ) : null}
          <Button variant="subtle" aria-label={t`Revoke: ${which}`} onClick={() => void revoke()}>
            <Trans>Revoke</Trans>
          </Button>
        </>
      }
    >
      {open === "rename" ? (
        <RenameForm
          of={which}
          name={name}
          draft={`key name ${id}`}
          send={async (renamed) => {
            await api.PATCH("/keys/{id}/", { params: { path: { id } }, body: { name: renamed } });
            refresh();
            setOpen("");
          }}
        />
      ) : null}
      {open === "replace" ? (
        <RotateKeyForm
          id={id}
          which={which}
          onMade={(text) => {
            setOpen("");
            onReplaced(text);
          }}
        />
      ) : null}
    </Row>
  );
}
