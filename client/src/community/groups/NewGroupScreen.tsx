import { Trans, useLingui } from "@lingui/react/macro";
import { useQueryClient } from "@tanstack/react-query";
import { answered, api } from "../../shared/api/client";
import { readAgain } from "../../shared/query/useAction";
import { notify } from "../../shared/ui/notices";
import { Screen } from "../../shared/ui/Screen";
import { BackLink } from "../parts/BackLink";
import { GroupForm, type GroupValues } from "./GroupForm";

export function NewGroupScreen() {
  const { t } = useLingui();
  const client = useQueryClient();
  async function create(body: GroupValues) {
    const { id, name } = await answered(api.POST("/groups/", { body }));
    notify({ kind: "done", text: t`Created: ${name}` });
    void readAgain(client, ["groups"]);
    return `/together/groups/${id}?part=members`;
  }
  return (
    <Screen
      title={t`New group`}
      actions={
        <BackLink to="/together/groups">
          <Trans>Groups</Trans>
        </BackLink>
      }
    >
      <GroupForm
        name="group new"
        initial={{ name: "", description: "", is_open: false }}
        save={create}
        button={t`Create group`}
      />
    </Screen>
  );
}
