import { Trans, useLingui } from "@lingui/react/macro";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams } from "react-router";
import { answered, api } from "../../shared/api/client";
import { readAgain } from "../../shared/query/useAction";
import { Awaited } from "../../shared/ui/Awaited";
import { notify } from "../../shared/ui/notices";
import { Screen } from "../../shared/ui/Screen";
import { BackLink } from "../parts/BackLink";
import { ChallengeForm, type ChallengeValues } from "./ChallengeForm";
import { challengeQuery } from "./queries";

export function EditChallengeScreen() {
  const { t } = useLingui();
  const client = useQueryClient();
  const id = Number(useParams().id);
  const query = useQuery(challengeQuery(id));

  async function save({ habit: _fixed, ...body }: ChallengeValues) {
    await answered(api.PATCH("/challenges/{id}/", { params: { path: { id } }, body }));
    notify({ kind: "done", text: t`Saved.` });
    void readAgain(client, ["challenges"]);
    return `/together/challenges/${id}`;
  }

  return (
    <Screen
      title={t`Change the challenge`}
      actions={
        <BackLink to={`/together/challenges/${id}`}>
          <Trans>Back</Trans>
        </BackLink>
      }
    >
      <Awaited query={query}>
        {({ name, description, first_day, last_day, is_public }) => (
          <ChallengeForm
            name={`challenge ${id}`}
            initial={{
              habit: "",
              name,
              description: description ?? "",
              first_day,
              last_day,
              is_public: is_public ?? false,
            }}
            save={save}
            button={t`Save`}
          />
        )}
      </Awaited>
    </Screen>
  );
}
