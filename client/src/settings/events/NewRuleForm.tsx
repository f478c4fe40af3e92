import { Trans, useLingui } from "@lingui/react/macro";
import { Button, NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { api } from "../../shared/api/client";
import type { Schema, Track } from "../../shared/api/types";
import { DraftForm } from "../../shared/forms/DraftForm";
import { named } from "../../shared/forms/named";
import { useDraftForm } from "../../shared/forms/useDraftForm";
import { useAct } from "../../shared/query/useAct";
import { Answer } from "../../shared/ui/Answer";
import { notify } from "../../shared/ui/notices";
import { tracksQuery } from "../tracks";
import { parseFactor } from "./factor";
import { RULE_KEYS } from "./queries";
import { RuleFields, type RuleValues } from "./RuleFields";

interface Props {
  type: Schema<"EventType">;
  which: string;
  onMade: () => void;
}

/** Makes a rule from what was seen; it is applied to the last 30 days. */
export function NewRuleForm(props: Props) {
  const tracks = useQuery(tracksQuery);
  return (
    <Answer query={tracks}>
      {(found) =>
        found.length ? (
          <RuleForm {...props} tracks={found} />
        ) : (
          <Button component={Link} to="/habits/new" variant="default" w="fit-content">
            <Trans>Make a habit first</Trans>
          </Button>
        )
      }
    </Answer>
  );
}

function RuleForm({ type, which, onMade, tracks }: Props & { tracks: Track[] }) {
  const { t } = useLingui();
  const { refresh } = useAct(...RULE_KEYS);
  const draft = useDraftForm<RuleValues & { track: string }>({
    name: `new rule ${type.id}`,
    initial: {
      track: String(tracks[0]?.id ?? ""),
      aggregation: "sum",
      factor: "1",
      kind: "",
      only_raise: false,
    },
    validate: ({ factor }) => ({
      factor: parseFactor(factor) === null ? t`Enter a number, such as 0.5 or 0,5.` : null,
    }),
    send: async ({ track, factor, ...rest }) => {
      const body = {
        ...rest,
        event_type: type.id,
        track: Number(track),
        factor: parseFactor(factor) ?? factor,
      };
      await api.POST("/events/rules/", { body });
      refresh();
      notify({ kind: "done", text: t`The rule is made, and applied to the last 30 days.` });
      onMade();
    },
  });
  return (
    <DraftForm draft={draft} submit={<Trans>Make the rule</Trans>} label={t`Make a rule: ${which}`}>
      <NativeSelect
        {...named(t`Habit`, which)}
        data={tracks.map(({ id, habit }) => ({ value: String(id), label: habit.name }))}
        {...draft.form.getInputProps("track")}
      />
      <RuleFields form={draft.form} of={which} kinds={type.kinds} />
    </DraftForm>
  );
}
