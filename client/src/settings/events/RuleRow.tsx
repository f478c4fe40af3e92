import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { useState } from "react";
import { answered, api } from "../../shared/api/client";
import type { Schema } from "../../shared/api/types";
import { shortDay } from "../../shared/dates/format";
import { useAct } from "../../shared/query/useAct";
import { notify } from "../../shared/ui/notices";
import { ask } from "../../shared/ui/questions";
import { Row } from "../../shared/ui/Row";
import { useTrackName } from "../tracks";
import { EditRuleForm } from "./EditRuleForm";
import { factorToEdit } from "./factor";
import { RULE_KEYS } from "./queries";
import { useAggregations } from "./useAggregations";

/** A rule: which events make days of which habit. */
export function RuleRow({ rule, types }: { rule: Schema<"EventRule">; types: Schema<"EventType">[] }) {
  const { t } = useLingui();
  const nameOf = useTrackName();
  const aggregations = useAggregations();
  const { act, isBusy } = useAct(...RULE_KEYS);
  const [isEdited, setIsEdited] = useState(false);
  const { id } = rule;
  const params = { path: { id } };
  const type = types.find((each) => each.id === rule.event_type);
  const source = type ? t`${type.name} from ${type.source}` : t`Events`;
  const habit = nameOf(rule.track) || t`A habit`;
  const which = `${source} → ${habit}`;
  const factor = factorToEdit(rule.factor);
  const replay = () =>
    act(async () => {
      const { days } = await answered(api.POST("/events/rules/{id}/replay/", { params }));
      const count = Object.keys(days).length;
      notify({
        kind: "done",
        text: plural(count, { one: "Applied again to # day.", other: "Applied again to # days." }),
      });
    });
  async function remove() {
    const agreed = await ask({
      title: t`Delete the rule “${which}”?`,
      text: t`Your days stay as they are. New events change nothing any more.`,
      yes: t`Delete`,
      isDangerous: true,
    });
    if (agreed) await act(() => api.DELETE("/events/rules/{id}/", { params }), t`The rule is deleted.`);
  }
  return (
    <Row
      title={which}
      lines={[
        factor === "1"
          ? aggregations[rule.aggregation]
          : t`${aggregations[rule.aggregation]}, times ${factor}`,
        rule.kind ? t`Only: ${rule.kind}` : "",
        rule.only_raise ? t`A lower value that comes later lowers nothing.` : "",
        t`Since ${shortDay(rule.since)}`,
      ]}
      actions={
        <>
          <Button
            variant="default"
            aria-expanded={isEdited}
            aria-label={t`Edit the rule: ${which}`}
            onClick={() => setIsEdited(!isEdited)}
          >
            <Trans>Edit</Trans>
          </Button>
          <Button
            variant="default"
            loading={isBusy}
            aria-label={t`Apply again: ${which}`}
            onClick={() => void replay()}
          >
            <Trans>Apply again</Trans>
          </Button>
          <Button variant="subtle" aria-label={t`Delete the rule: ${which}`} onClick={() => void remove()}>
            <Trans>Delete</Trans>
          </Button>
        </>
      }
    >
      {isEdited ? (
        <EditRuleForm
          rule={rule}
          kinds={type?.kinds ?? []}
          which={which}
          onSaved={() => setIsEdited(false)}
        />
      ) : null}
    </Row>
  );
}
