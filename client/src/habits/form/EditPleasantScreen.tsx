import { useLingui } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "react-router";
import { Answer } from "../../shared/ui/Answer";
import { Screen } from "../../shared/ui/Screen";
import { EditHabitForm } from "./EditHabitForm";
import { NO_LOOK } from "./look";
import { habitQuery } from "./queries";

/** Editing a pleasant habit, which has no track, by its own id. */
export function EditPleasantScreen() {
  const { t } = useLingui();
  const habit = useQuery(habitQuery(Number(useParams().id)));
  return (
    <Screen title={t`Edit pleasant habit`}>
      <Answer query={habit}>{(own) => <EditHabitForm key={own.id} habit={own} look={NO_LOOK} />}</Answer>
    </Screen>
  );
}
