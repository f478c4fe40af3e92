import { useLingui } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "react-router";
import { Answer } from "../../shared/ui/Answer";
import { Screen } from "../../shared/ui/Screen";
import { trackQuery } from "../queries";
import { EditHabitForm } from "./EditHabitForm";
import { EditLookForm } from "./EditLookForm";
import { lookOf } from "./look";
import { habitQuery } from "./queries";

/** Editing a habit of the person's list, by its track. Of a habit of another, only how the list shows it. */
export function EditHabitScreen() {
  const { t } = useLingui();
  const id = Number(useParams().id);
  const track = useQuery(trackQuery(id));
  const isOwn = track.data?.is_own === true;
  const habit = useQuery({ ...habitQuery(track.data?.habit.id ?? 0), enabled: isOwn });
  return (
    <Screen title={t`Edit habit`}>
      <Answer query={track}>
        {(found) =>
          found.is_own ? (
            <Answer query={habit}>
              {(own) => <EditHabitForm key={own.id} habit={own} look={lookOf(found)} />}
            </Answer>
          ) : (
            <EditLookForm key={found.id} track={found} />
          )
        }
      </Answer>
    </Screen>
  );
}
