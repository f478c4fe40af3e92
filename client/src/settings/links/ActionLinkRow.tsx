import { Trans, useLingui } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { useState } from "react";
import { api } from "../../shared/api/client";
import type { Schema } from "../../shared/api/types";
import { dayAndTime } from "../../shared/dates/format";
import { named } from "../../shared/forms/named";
import { useMe } from "../../shared/person/me";
import { useAct } from "../../shared/query/useAct";
import { CopyText } from "../../shared/ui/Once";
import { ask } from "../../shared/ui/questions";
import { Row } from "../../shared/ui/Row";
import { Switched } from "../../shared/ui/Switched";
import { RenameForm } from "../RenameForm";
import { useTrackName } from "../tracks";
import { useActionWords } from "./useActionWords";

export function ActionLinkRow({ link }: { link: Schema<"ActionLink"> }) {
  const { t } = useLingui();
  const { time_zone: zone } = useMe();
  const nameOf = useTrackName();
  const { wordsOf } = useActionWords();
  const { act, refresh } = useAct(["action-links"], ["access"]);
  const [isRenamed, setIsRenamed] = useState(false);
  const { id } = link;
  const params = { path: { id } };
  const habit = nameOf(link.track) || t`A habit`;
  const name = link.name || habit;
  const which = t`${name}, number ${id}`;
  async function remove() {
    const agreed = await ask({
      title: t`Delete the link “${name}”?`,
      text: t`Tags and buttons with this address stop working.`,
      yes: t`Delete`,
      isDangerous: true,
    });
    if (agreed) await act(() => api.DELETE("/action-links/{id}/", { params }), t`Deleted: ${name}.`);
  }
  return (
    <Row
      title={name}
      lines={[
        `${habit}: ${wordsOf(link)}`,
        link.last_used_at ? t`Last used ${dayAndTime(link.last_used_at, zone)}.` : t`Never used.`,
      ]}
      actions={
        <>
          <Button
            variant="default"
            aria-expanded={isRenamed}
            aria-label={t`Rename: ${which}`}
            onClick={() => setIsRenamed(!isRenamed)}
          >
            <Trans>Rename</Trans>
          </Button>
          <Button variant="subtle" aria-label={t`Delete: ${which}`} onClick={() => void remove()}>
            <Trans>Delete</Trans>
          </Button>
        </>
      }
    >
      <CopyText text={link.address} what={which} />
      <Switched
        {...named(t`Opening it acts at once`, which)}
        checked={link.acts_on_get}
        onChange={({ currentTarget: { checked } }) =>
          void act(
            () => api.PATCH("/action-links/{id}/", { params, body: { acts_on_get: checked } }),
            t`Saved.`,
          )
        }
      />
      {isRenamed ? (
        <RenameForm
          of={which}
          name={link.name}
          draft={`action link ${id}`}
          send={async (renamed) => {
            await api.PATCH("/action-links/{id}/", { params, body: { name: renamed } });
            refresh();
            setIsRenamed(false);
          }}
        />
      ) : null}
    </Row>
  );
}
