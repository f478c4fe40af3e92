import { Trans, useLingui } from "@lingui/react/macro";
import { TextInput } from "@mantine/core";
import { answered, api } from "../../shared/api/client";
import { DraftForm } from "../../shared/forms/DraftForm";
import { PasswordNow } from "../../shared/forms/PasswordNow";
import { useDraftForm } from "../../shared/forms/useDraftForm";
import { useAct } from "../../shared/query/useAct";
import { notify } from "../../shared/ui/notices";

/** Connects the chat of a number, once it confirms. */
export function ChatIdForm({ onAsked }: { onAsked: () => void }) {
  const { t } = useLingui();
  const { refresh } = useAct(["me"], ["chat-link"]);
  const draft = useDraftForm({
    name: "chat",
    initial: { chat_id: "", password: "" },
    secret: ["password"],
    validate: ({ chat_id, password }) => ({
      chat_id: /^\d{1,16}$/.test(chat_id.trim())
        ? null
        : t`Enter the number of your private chat with the bot.`,
      password: password ? null : t`Enter your password.`,
    }),
    send: async ({ chat_id, password }) => {
      const said = await answered(
        api.POST("/tg/link/", { body: { chat_id: Number(chat_id.trim()), password } }),
      );
      const isConnected = "connected" in said ? said.connected : said.telegram.connected;
      notify({
        kind: "done",
        text: isConnected ? t`Connected.` : t`We sent a message to that chat. Press Confirm in Telegram.`,
      });
      draft.form.setValues({ chat_id: "", password: "" });
      refresh();
      if (!isConnected) onAsked();
    },
  });
  return (
    <DraftForm
      draft={draft}
      submit={<Trans>Connect this chat</Trans>}
      label={t`Connect by the number of a chat`}
      guarded={false}
    >
      <TextInput
        label={t`Number of the chat`}
        description={t`Of your private chat with the bot. It gets messages; only a chat connected by a link also opens this app signed in.`}
        inputMode="numeric"
        autoComplete="off"
        maxLength={16}
        {...draft.form.getInputProps("chat_id")}
      />
      <PasswordNow label={t`Your password, for this chat`} {...draft.form.getInputProps("password")} />
    </DraftForm>
  );
}
