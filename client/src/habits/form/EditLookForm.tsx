import { Trans, useLingui } from "@lingui/react/macro";
import { Text } from "@mantine/core";
import { useNavigate } from "react-router";
import type { Track } from "../../shared/api/types";
import { DraftForm } from "../../shared/forms/DraftForm";
import { useAfterSending } from "../../shared/forms/useAfterSending";
import { useDraftForm } from "../../shared/forms/useDraftForm";
import { notify } from "../../shared/ui/notices";
import { LookFields } from "./LookFields";
import { type Look, lookOf, saveLook } from "./look";
import { useHabitsChanged } from "./useHabitsChanged";

/** How the list shows a habit that another person made. */
export function EditLookForm({ track }: { track: Track }) {
  const { t } = useLingui();
  const navigate = useNavigate();
  const changed = useHabitsChanged();
  const { name, owner } = track.habit;
  const draft = useDraftForm<Look>({
    name: `look ${track.id}`,
    initial: lookOf(track),
    send: async (values) => {
      await saveLook(track.id, values, lookOf(track));
      after(() => {
        changed();
        notify({ kind: "done", text: t`Saved: ${name}` });
        navigate(`/habits/${track.id}`);
      });
    },
  });
  const after = useAfterSending(draft.isSending);
  return (
    <DraftForm draft={draft} submit={<Trans>Save</Trans>} label={t`Edit habit`}>
      <Text fw={600}>{name}</Text>
      <Text size="sm" c="dimmed">
        {owner ? (
          <Trans>{owner} made this habit and decides what it says. How your list shows it is yours.</Trans>
        ) : (
          <Trans>Another person made this habit. How your list shows it is yours.</Trans>
        )}
      </Text>
      <LookFields form={draft.form} />
    </DraftForm>
  );
}
