import { Trans, useLingui } from "@lingui/react/macro";
import { api } from "../../shared/api/client";
import type { Schema } from "../../shared/api/types";
import { DraftForm } from "../../shared/forms/DraftForm";
import { useDraftForm } from "../../shared/forms/useDraftForm";
import { useAct } from "../../shared/query/useAct";
import { notify } from "../../shared/ui/notices";
import { factorToEdit, parseFactor } from "./factor";
import { RULE_KEYS } from "./queries";
import { RuleFields, type RuleValues } from "./RuleFields";

/** Changes a rule, which is applied to the last 30 days again. */
export function EditRuleForm({
  rule,
  kinds,
  which,
  onSaved,
}: {
  rule: Schema<"EventRule">;
  kinds: readonly string[];
  which: string;
  onSaved: () => void;
}) {
  const { t } = useLingui();
  const { refresh } = useAct(...RULE_KEYS);
  const { id, aggregation, factor, kind, only_raise } = rule;
  const draft = useDraftForm<RuleValues>({
    name: `rule ${id}`,
    initial: { aggregation, factor: factorToEdit(factor), kind, only_raise },
    validate: (values) => ({
      factor: parseFactor(values.factor) === null ? t`Enter a number, such as 0.5 or 0,5.` : null,
    }),
    send: async (values) => {
      const body = { ...values, factor: parseFactor(values.factor) ?? values.factor };
      await api.PATCH("/events/rules/{id}/", { params: { path: { id } }, body });
      refresh();
      notify({ kind: "done", text: t`Saved, and applied to the last 30 days.` });
      onSaved();
    },
  });
  return (
    <DraftForm draft={draft} submit={<Trans>Save the rule</Trans>} label={t`Edit the rule: ${which}`}>
      <RuleFields form={draft.form} of={which} kinds={kinds} />
    </DraftForm>
  );
}
