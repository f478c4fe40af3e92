import { Trans, useLingui } from "@lingui/react/macro";
import { Anchor, Button, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { ApiError } from "../../shared/api/ApiError";
import { sentenceOfError } from "../../shared/errors/sentences";
import { DraftForm } from "../../shared/forms/DraftForm";
import { useAfterSending } from "../../shared/forms/useAfterSending";
import { useDraftForm } from "../../shared/forms/useDraftForm";
import { useLimits } from "../../shared/person/limits";
import { notify } from "../../shared/ui/notices";
import { habitProblems } from "./check";
import { type FormValues, HabitFields } from "./HabitFields";
import { NO_LOOK, saveLook } from "./look";
import { makeHabit, withPleasant } from "./send";
import { useHabitsChanged } from "./useHabitsChanged";

export function NewHabitForm({
  initial,
  template = "",
  cue,
}: {
  initial: FormValues;
  template?: string;
  cue?: string;
}) {
  const { t } = useLingui();
  const limits = useLimits();
  const navigate = useNavigate();
  const client = useQueryClient();
  const changed = useHabitsChanged();
  const [isMade, setIsMade] = useState(false);
  const [needsTelegram, setNeedsTelegram] = useState(false);
  const draft = useDraftForm<FormValues>({
    name: template ? `habit from ${template}` : `new habit ${initial.goal_type}`,
    initial,
    validate: (values) => habitProblems(values, limits),
    send: async (typed) => {
      setNeedsTelegram(false);
      const values = await withPleasant(typed);
      if (values !== typed) {
        // It is there now: should the habit be refused, it is not made a second time.
        draft.form.setValues(values);
        await client.invalidateQueries({ queryKey: ["habits"] });
      }
      try {
        const { name, track } = await makeHabit(values);
        setIsMade(true);
        let problem = "";
        if (track !== null) {
          await saveLook(track, values, NO_LOOK).catch((error) => {
            problem = sentenceOfError(error);
          });
        }
        changed();
        after(() => {
          if (problem) {
            notify({
              kind: "problem",
              text: t`The habit is made, but not its colour, icon and tags: ${problem}`,
            });
            navigate(`/habits/${track}/edit`, { replace: true });
          } else {
            notify({ kind: "done", text: t`Made: ${name}` });
            navigate(track === null ? "/habits" : "/");
          }
        });
      } catch (error) {
        setNeedsTelegram(error instanceof ApiError && error.has("telegram_not_connected"));
        throw error;
      }
    },
  });
  const after = useAfterSending(draft.isSending);
  return (
    <DraftForm
      draft={draft}
      submit={<Trans>Make the habit</Trans>}
      label={t`New habit`}
      guarded={!isMade} // to stay and send it again would make another
      more={
        <Button variant="subtle" component={Link} to="/habits">
          <Trans>Cancel</Trans>
        </Button>
      }
    >
      {cue ? (
        <Text size="sm">
          <Trans>Tie it to a cue: {cue}.</Trans>
        </Text>
      ) : null}
      <HabitFields form={draft.form} isOpen={template !== ""} />
      {needsTelegram ? (
        <Anchor component={Link} to="/me/telegram">
          <Trans>Connect Telegram</Trans>
        </Anchor>
      ) : null}
    </DraftForm>
  );
}
