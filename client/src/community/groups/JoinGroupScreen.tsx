import { useLingui } from "@lingui/react/macro";
import { answered, api } from "../../shared/api/client";
import { JoinScreen } from "../parts/JoinScreen";

export function JoinGroupScreen() {
  const { t } = useLingui();
  return (
    <JoinScreen
      kind="groups"
      title={t`Invitation to a group`}
      shows={t`No habit is added. Members see your name, and your progress only in habits that you follow there.`}
      look={(code) => answered(api.GET("/groups/by-code/", { params: { query: { code } } }))}
      join={(code) => answered(api.POST("/groups/by-code/", { body: { code } }))}
    />
  );
}
