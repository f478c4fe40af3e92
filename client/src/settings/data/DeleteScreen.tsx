import { Trans, useLingui } from "@lingui/react/macro";
import { List, Text } from "@mantine/core";
import { api } from "../../shared/api/client";
import { forgetSession } from "../../shared/api/session";
import { DraftForm } from "../../shared/forms/DraftForm";
import { forgetDrafts } from "../../shared/forms/drafts";
import { PasswordNow } from "../../shared/forms/PasswordNow";
import { useDraftForm } from "../../shared/forms/useDraftForm";
import { useMe } from "../../shared/person/me";
import { leaveDevice } from "../../shared/query/leave";
import { notify } from "../../shared/ui/notices";
import { ask } from "../../shared/ui/questions";
import { SettingsScreen } from "../SettingsScreen";

/** Deleting the account: what will be lost, and the password. */
export function DeleteScreen() {
  const { t } = useLingui();
  const me = useMe();
  const draft = useDraftForm({
    name: "delete account",
    initial: { password: "" },
    secret: ["password"],
    validate: ({ password }) => ({ password: password ? null : t`Enter your password.` }),
    send: async ({ password }) => {
      const agreed = await ask({
        title: t`Delete your account?`,
        text: t`All habits, days and streaks of ${me.username} are deleted for good.`,
        yes: t`Delete my account`,
        no: t`Keep it`,
        isDangerous: true,
      });
      if (!agreed) return;
      await api.DELETE("/users/me/", { body: { password } });
      forgetSession();
      await leaveDevice(String(me.id));
      forgetDrafts(String(me.id));
      notify({ kind: "done", text: t`Your account is deleted.` });
    },
  });
  return (
    <SettingsScreen title={t`Delete the account`}>
      <div>
        <Text>
          <Trans>This cannot be undone. You lose:</Trans>
        </Text>
        <List spacing={4} mt="xs">
          <List.Item>
            <Trans>your habits, with every day, note, streak, goal and reminder</Trans>
          </List.Item>
          <List.Item>
            <Trans>your achievements, and your place in challenges, groups and leaderboards</Trans>
          </List.Item>
          <List.Item>
            <Trans>your keys, webhooks, action links, linked services, and the events of your devices</Trans>
          </List.Item>
        </List>
        <Text mt="xs">
          <Trans>Others keep the habits of yours that they follow, without your name.</Trans>
        </Text>
      </div>
      <DraftForm
        draft={draft}
        submit={<Trans>Delete my account</Trans>}
        label={t`Delete the account`}
        color="red"
        guarded={false}
      >
        <PasswordNow {...draft.form.getInputProps("password")} />
      </DraftForm>
    </SettingsScreen>
  );
}
