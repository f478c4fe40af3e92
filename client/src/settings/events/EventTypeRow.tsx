import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { useState } from "react";
import { api } from "../../shared/api/client";
import type { Schema } from "../../shared/api/types";
import { dayAndTime } from "../../shared/dates/format";
import { amountText } from "../../shared/numbers/format";
import { useMe } from "../../shared/person/me";
import { useAct } from "../../shared/query/useAct";
import { ask } from "../../shared/ui/questions";
import { Row } from "../../shared/ui/Row";
import { NewRuleForm } from "./NewRuleForm";
import { RULE_KEYS } from "./queries";
import { RawEvents } from "./RawEvents";

/** What a source has sent: make a rule from it, see its events, or delete them. */
export function EventTypeRow({ type }: { type: Schema<"EventType"> }) {
  const { t } = useLingui();
  const { time_zone: zone } = useMe();
  const { act } = useAct(...RULE_KEYS);
  const [open, setOpen] = useState<"" | "rule" | "events">("");
  const toggle = (what: "rule" | "events") => setOpen(open === what ? "" : what);
  const { id, name, source } = type;
  const which = t`${name} from ${source}`;
  const value = `${amountText(type.last_value)} ${type.unit}`.trim();
  async function remove() {
    const agreed = await ask({
      title: t`Delete all of ${which}?`,
      text: t`Its events and its rules are deleted. The days of your habits stay as they are.`,
      yes: t`Delete`,
      isDangerous: true,
    });
    if (agreed) {
      await act(() => api.DELETE("/events/types/{id}/", { params: { path: { id } } }), t`Deleted: ${which}.`);
    }
  }
  return (
    <Row
      title={name}
      marks={[{ text: source }]}
      lines={[
        t`Last: ${value}, ${dayAndTime(type.last_at, zone)}`,
        type.rules.length ? plural(type.rules.length, { one: "# rule", other: "# rules" }) : t`No rule yet.`,
      ]}
      actions={
        <>
          <Button
            variant="light"
            aria-expanded={open === "rule"}
            aria-label={t`Make a rule: ${which}`}
            onClick={() => toggle("rule")}
          >
            <Trans>Make a rule</Trans>
          </Button>
          <Button
            variant="default"
            aria-expanded={open === "events"}
            aria-label={t`Events: ${which}`}
            onClick={() => toggle("events")}
          >
            <Trans>Events</Trans>
          </Button>
          <Button variant="subtle" aria-label={t`Delete: ${which}`} onClick={() => void remove()}>
            <Trans>Delete</Trans>
          </Button>
        </>
      }
    >
      {open === "rule" ? <NewRuleForm type={type} which={which} onMade={() => setOpen("")} /> : null}
      {open === "events" ? <RawEvents type={id} which={which} /> : null}
    </Row>
  );
}
