import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Stack, Text } from "@mantine/core";
import { useEffect, useState } from "react";
import { answered, api } from "../../shared/api/client";
import { DraftForm } from "../../shared/forms/DraftForm";
import { PasswordNow } from "../../shared/forms/PasswordNow";
import { useDraftForm } from "../../shared/forms/useDraftForm";

/** Makes a personal link into the bot. It is taken away before it expires. */
export function TelegramLinkForm({ onOpened }: { onOpened: () => void }) {
  const { t } = useLingui();
  const [made, setMade] = useState<{ url: string; seconds: number } | null>(null);
  useEffect(() => {
    if (!made) return;
    const timer = setTimeout(() => setMade(null), Math.max(made.seconds - 30, 1) * 1000);
    return () => clearTimeout(timer);
  }, [made]);
  const draft = useDraftForm({
    name: "telegram",
    initial: { password: "" },
    secret: ["password"],
    validate: ({ password }) => ({ password: password ? null : t`Enter your password.` }),
    send: async ({ password }) => {
      const link = await answered(api.POST("/tg/link/", { body: { password } }));
      if ("url" in link && link.url) setMade({ url: link.url, seconds: link.expires_in });
      draft.form.setValues({ password: "" });
    },
  });
  return (
    <Stack gap="sm">
      <DraftForm draft={draft} submit={<Trans>Make a link</Trans>} label={t`Connect a chat`} guarded={false}>
        <PasswordNow
          label={t`Your password, for a link`}
          description={t`A chat gets your reminders, can tick habits, and opens this app signed in. We tell you by mail when one is connected.`}
          {...draft.form.getInputProps("password")}
        />
      </DraftForm>
      {made ? (
        <Stack gap="xs" role="status">
          <Text>
            <Trans>
              Open the bot in Telegram and press Start. The link is yours alone and works for ten minutes.
            </Trans>
          </Text>
          <Button
            component="a"
            href={made.url}
            target="_blank"
            rel="noopener"
            w="fit-content"
            onClick={onOpened}
          >
            <Trans>Open Telegram</Trans>
          </Button>
        </Stack>
      ) : null}
    </Stack>
  );
}
