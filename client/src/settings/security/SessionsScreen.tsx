import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Text } from "@mantine/core";
import { answered, api } from "../../shared/api/client";
import { useAct } from "../../shared/query/useAct";
import { usePages } from "../../shared/query/usePages";
import { EmptyState } from "../../shared/ui/EmptyState";
import { PagedList } from "../../shared/ui/PagedList";
import { ask } from "../../shared/ui/questions";
import { SettingsScreen } from "../SettingsScreen";
import { SessionRow } from "./SessionRow";

/** Where the person is signed in. */
export function SessionsScreen() {
  const { t } = useLingui();
  const { act, isBusy } = useAct(["sessions"]);
  const sessions = usePages(["sessions"], (page) =>
    answered(api.GET("/users/me/sessions/", { params: { query: { page } } })),
  );
  async function endOthers() {
    const agreed = await ask({
      title: t`Sign out all other devices?`,
      text: t`This device stays signed in. If you do not know one of them, change your password as well.`,
      yes: t`Sign out all others`,
      isDangerous: true,
    });
    if (agreed) {
      await act(() => api.POST("/users/me/sessions/end-others/"), t`All other devices are signed out.`);
    }
  }
  return (
    <SettingsScreen title={t`Sessions`}>
      <Text c="dimmed">
        <Trans>Where you are signed in.</Trans>
      </Text>
      <PagedList
        query={sessions}
        label={t`Sessions`}
        empty={<EmptyState title={<Trans>Only this device.</Trans>} />}
      >
        {(session) => <SessionRow key={session.id} session={session} />}
      </PagedList>
      {(sessions.data?.length ?? 0) > 1 ? (
        <Button variant="default" w="fit-content" loading={isBusy} onClick={() => void endOthers()}>
          <Trans>Sign out all other devices</Trans>
        </Button>
      ) : null}
    </SettingsScreen>
  );
}
