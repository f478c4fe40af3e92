import { Trans, useLingui } from "@lingui/react/macro";
import { Alert, Button, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api } from "../../shared/api/client";
import { dayAndTime } from "../../shared/dates/format";
import { useMe } from "../../shared/person/me";
import { useAct } from "../../shared/query/useAct";
import { Answer } from "../../shared/ui/Answer";
import { ask } from "../../shared/ui/questions";
import { Section } from "../Section";
import { SettingsScreen } from "../SettingsScreen";
import { ChatIdForm } from "./ChatIdForm";
import { chatLinkQuery } from "./queries";
import { TelegramLinkForm } from "./TelegramLinkForm";
import { useChatWatch } from "./useChatWatch";

/** The chat to which reminders go: its state, connecting another, disconnecting. */
export function TelegramScreen() {
  const { t } = useLingui();
  const link = useQuery(chatLinkQuery);
  const watch = useChatWatch();
  return (
    <SettingsScreen title={t`Telegram`}>
      <ChatState />
      <Answer query={link}>
        {({ url }) => (
          <>
            {url === null ? (
              <Alert color="yellow">
                <Trans>
                  No bot is set up on this server. Messages are only stored, and printed in its log.
                </Trans>
              </Alert>
            ) : (
              <Section title={t`Connect a chat`}>
                <TelegramLinkForm onOpened={watch} />
              </Section>
            )}
            <Section title={t`Connect by the number of a chat`}>
              <ChatIdForm onAsked={watch} />
            </Section>
          </>
        )}
      </Answer>
    </SettingsScreen>
  );
}

function ChatState() {
  const { t } = useLingui();
  const { telegram: chat, time_zone: zone } = useMe();
  const { act, isBusy } = useAct(["me"], ["chat-link"], ["access"]);
  const name = chat.name || t`chat ${chat.chat_id}`;
  async function disconnect() {
    const agreed = await ask({
      title: t`Disconnect Telegram?`,
      text: t`Reminders stop until you connect a chat again.`,
      yes: t`Disconnect`,
    });
    if (agreed) await act(() => api.DELETE("/tg/link/"), t`Disconnected.`);
  }
  return (
    <Stack gap="sm" aria-live="polite">
      {chat.unreachable_since ? (
        <Alert color="red">
          <Trans>
            Telegram has refused our messages since {dayAndTime(chat.unreachable_since, zone)}. Perhaps the
            bot is blocked: unblock it in Telegram, then connect again.
          </Trans>
        </Alert>
      ) : null}
      {chat.connected ? (
        <Text>
          <Trans>Connected to {name}. Reminders go there.</Trans>
          {chat.connected_at ? (
            <Text span c="dimmed">
              {" "}
              <Trans>Since {dayAndTime(chat.connected_at, zone)}.</Trans>
            </Text>
          ) : null}
        </Text>
      ) : chat.chat_id === null ? (
        <Text>
          <Trans>Not connected yet, so no reminder can reach you in Telegram.</Trans>
        </Text>
      ) : (
        <Text>
          <Trans>{name} is known but has not confirmed. Press Confirm there, or connect again.</Trans>
        </Text>
      )}
      {chat.connected && !chat.confirmed ? (
        <Text size="sm" c="dimmed">
          <Trans>Not confirmed: this chat was connected while no bot was set up on this server.</Trans>
        </Text>
      ) : null}
      {chat.chat_id === null ? null : (
        <Button variant="default" w="fit-content" loading={isBusy} onClick={() => void disconnect()}>
          <Trans>Disconnect</Trans>
        </Button>
      )}
    </Stack>
  );
}
