import { useLingui } from "@lingui/react/macro";
import { answered, api } from "../../shared/api/client";
import { JoinScreen } from "../parts/JoinScreen";

export function JoinChallengeScreen() {
  const { t } = useLingui();
  return (
    <JoinScreen
      kind="challenges"
      title={t`Invitation to a challenge`}
      shows={t`The challenge's habit is added to yours. Members see your name, the days that you complete, and your strength.`}
      look={(code) => answered(api.GET("/challenges/by-code/", { params: { query: { code } } }))}
      join={(code) => answered(api.POST("/challenges/by-code/", { body: { code } }))}
    />
  );
}
