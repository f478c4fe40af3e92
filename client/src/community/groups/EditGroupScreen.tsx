import { Trans, useLingui } from "@lingui/react/macro";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams } from "react-router";
import { answered, api } from "../../shared/api/client";
import { readAgain } from "../../shared/query/useAction";
import { Awaited } from "../../shared/ui/Awaited";
import { notify } from "../../shared/ui/notices";
import { Screen } from "../../shared/ui/Screen";
import { BackLink } from "../parts/BackLink";
import { GroupForm, type GroupValues } from "./GroupForm";
import { groupQuery } from "./queries";

export function EditGroupScreen() {
  const { t } = useLingui();
  const client = useQueryClient();
  const id = Number(useParams().id);
  const query = useQuery(groupQuery(id));
  async function save(body: GroupValues) {
    await answered(api.PATCH("/groups/{id}/", { params: { path: { id } }, body }));
    notify({ kind: "done", text: t`Saved.` });
    void readAgain(client, ["groups"]);
    return `/together/groups/${id}`;
  }
  return (
    <Screen
      title={t`Change the group`}
      actions={
        <BackLink to={`/together/groups/${id}`}>
          <Trans>Back</Trans>
        </BackLink>
      }
    >
      <Awaited query={query}>
        {({ name, description, is_open }) => (
          <GroupForm
            name={`group ${id}`}
            initial={{ name, description: description ?? "", is_open: is_open ?? false }}
            save={save}
            button={t`Save`}
          />
        )}
      </Awaited>
    </Screen>
  );
}
