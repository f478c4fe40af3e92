import { Trans, useLingui } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "react-router";
import { DraftForm } from "../../shared/forms/DraftForm";
import { useAfterSending } from "../../shared/forms/useAfterSending";
import { useDraftForm } from "../../shared/forms/useDraftForm";
import { useLimits } from "../../shared/person/limits";
import { notify } from "../../shared/ui/notices";
import { habitProblems } from "./check";
import { type FormValues, HabitFields } from "./HabitFields";
import type { Look } from "./look";
import { ScheduleStart } from "./ScheduleStart";
import { changeHabit, withPleasant } from "./send";
import { useHabitsChanged } from "./useHabitsChanged";
import { type Habit, valuesOfHabit } from "./values";

export function EditHabitForm({ habit, look }: { habit: Habit; look: Look }) {
  const { t } = useLingui();
  const limits = useLimits();
  const navigate = useNavigate();
  const client = useQueryClient();
  const changed = useHabitsChanged();
  const back = habit.track === null ? "/habits" : `/habits/${habit.track}`;
  const draft = useDraftForm<FormValues>({
    name: `habit ${habit.id}`,
    initial: { ...valuesOfHabit(habit), ...look },
    validate: (values) => habitProblems(values, limits),
    send: async (typed) => {
      const values = await withPleasant(typed);
      if (values !== typed) {
        draft.form.setValues(values);
        await client.invalidateQueries({ queryKey: ["habits", "pleasant"] });
      }
      const { name, track } = await changeHabit(values, habit, look);
      after(() => {
        changed();
        notify({ kind: "done", text: t`Saved: ${name}` });
        navigate(track === null ? "/habits" : `/habits/${track}`);
      });
    },
  });
  const after = useAfterSending(draft.isSending);
  return (
    <DraftForm
      draft={draft}
      submit={<Trans>Save</Trans>}
      label={t`Edit habit`}
      more={
        <Button variant="subtle" component={Link} to={back}>
          <Trans>Cancel</Trans>
        </Button>
      }
    >
      <HabitFields form={draft.form} habitId={habit.id} isOpen>
        <ScheduleStart form={draft.form} habit={habit} />
      </HabitFields>
    </DraftForm>
  );
}
