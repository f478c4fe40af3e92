import { useLingui } from "@lingui/react/macro";
import { Switch } from "@mantine/core";
import { answered, api } from "../../shared/api/client";
import { useMe, useSetMe } from "../../shared/person/me";
import { useAction } from "../../shared/query/useAction";

/** Whether others see this person among everyone. It is off until the person chooses it. */
export function RankedChoice() {
  const { t } = useLingui();
  const { is_ranked: isRanked, username } = useMe();
  const setMe = useSetMe();
  const choosing = useAction({
    send: (chosen: boolean) => answered(api.PATCH("/users/me/", { body: { is_ranked: chosen } })),
    changes: () => [["leaderboards"]],
    done: (chosen) => (chosen ? t`Everyone can see you here now.` : t`Nobody else sees you here now.`),
    after: setMe,
  });
  return (
    <Switch
      size="md"
      label={t`Show me to everyone`}
      description={t`Others see “${username}”, your best streaks and how many days you did, never which habits.`}
      checked={choosing.pending ?? isRanked}
      onChange={(event) => choosing.run(event.currentTarget.checked)}
    />
  );
}
