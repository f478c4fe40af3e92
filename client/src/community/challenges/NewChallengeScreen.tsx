import { Trans, useLingui } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "react-router";
import { answered, api } from "../../shared/api/client";
import { addDays } from "../../shared/dates/days";
import { useToday } from "../../shared/dates/useToday";
import { readAgain } from "../../shared/query/useAction";
import { Awaited } from "../../shared/ui/Awaited";
import { EmptyState } from "../../shared/ui/EmptyState";
import { notify } from "../../shared/ui/notices";
import { Screen } from "../../shared/ui/Screen";
import { BackLink } from "../parts/BackLink";
import { habitsToDo, myHabitsQuery } from "../parts/myHabits";
import { ChallengeForm, type ChallengeValues } from "./ChallengeForm";

const DAYS = 30; // that a challenge lasts unless another last day is chosen

export function NewChallengeScreen() {
  const { t } = useLingui();
  const today = useToday();
  const client = useQueryClient();
  const tracks = useQuery(myHabitsQuery);

  async function create({ habit, ...values }: ChallengeValues) {
    const { id, name } = await answered(
      api.POST("/challenges/", { body: { ...values, habit: Number(habit) } }),
    );
    notify({ kind: "done", text: t`Created: ${name}` });
    void readAgain(client, ["challenges"], ["tracks"]);
    return `/together/challenges/${id}`;
  }

  return (
    <Screen
      title={t`New challenge`}
      actions={
        <BackLink to="/together/challenges">
          <Trans>Challenges</Trans>
        </BackLink>
      }
    >
      <Awaited query={tracks}>
        {(found) => {
          const habits = habitsToDo(found);
          const first = habits[0];
          if (!first) return <NoHabit />;
          return (
            <ChallengeForm
              name="challenge new"
              habits={habits}
              initial={{
                habit: first.value,
                name: "",
                description: "",
                first_day: today,
                last_day: addDays(today, DAYS - 1),
                is_public: false,
              }}
              save={create}
              button={t`Create challenge`}
            />
          );
        }}
      </Awaited>
    </Screen>
  );
}

function NoHabit() {
  return (
    <EmptyState
      title={<Trans>A challenge needs a habit.</Trans>}
      text={<Trans>Make one of your own, or follow one that others have published.</Trans>}
    >
      <Button component={Link} to="/habits/new">
        <Trans>Make a habit</Trans>
      </Button>
      <Button component={Link} to="/together/discover" variant="default">
        <Trans>See published habits</Trans>
      </Button>
    </EmptyState>
  );
}
