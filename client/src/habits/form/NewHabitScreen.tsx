import { Trans, useLingui } from "@lingui/react/macro";
import { Anchor, Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useSearchParams } from "react-router";
import { Answer } from "../../shared/ui/Answer";
import { Screen } from "../../shared/ui/Screen";
import { NO_LOOK } from "./look";
import { NewHabitForm } from "./NewHabitForm";
import { templatesQuery } from "./queries";
import { EMPTY, valuesOfTemplate } from "./values";

/** Making a habit. `?template=KEY` begins with a template, `?kind=pleasant` with a pleasant habit. */
export function NewHabitScreen() {
  const { t } = useLingui();
  const [asked] = useSearchParams();
  const template = asked.get("template");
  const goal = asked.get("kind") === "pleasant" ? "pleasant" : "at_least";
  const templates = useQuery({ ...templatesQuery(), enabled: template !== null });
  return (
    <Screen
      title={t`New habit`}
      actions={
        <Anchor component={Link} to="/habits/templates" py="xs">
          <Trans>Templates</Trans>
        </Anchor>
      }
    >
      {template === null ? (
        <NewHabitForm initial={{ ...EMPTY, ...NO_LOOK, goal_type: goal }} />
      ) : (
        <Answer query={templates}>
          {(found) => {
            const chosen = found.find(({ key }) => key === template);
            return chosen ? (
              <NewHabitForm
                initial={{ ...valuesOfTemplate(chosen), ...NO_LOOK }}
                cue={chosen.cue}
                template={template}
              />
            ) : (
              <Button component={Link} to="/habits/templates">
                <Trans>Choose a template</Trans>
              </Button>
            );
          }}
        </Answer>
      )}
    </Screen>
  );
}
