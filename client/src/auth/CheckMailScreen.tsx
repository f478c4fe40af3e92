import { Trans, useLingui } from "@lingui/react/macro";
import { Anchor, Button, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";
import { post } from "../shared/api/plain";
import { FormProblems } from "../shared/forms/FormProblems";
import { useDraftForm } from "../shared/forms/useDraftForm";
import { AuthCard } from "./AuthCard";
import { mailedTo } from "./mailedTo";

export function CheckMailScreen() {
  const { t } = useLingui();
  const [sentTo, setSentTo] = useState("");
  const { form, submit, isSending, problems } = useDraftForm({
    name: "check-mail",
    initial: { email: mailedTo() },
    validate: ({ email }) => ({ email: email.trim() ? null : t`Enter your e-mail address.` }),
    send: async ({ email }) => {
      await post("/register/resend/", { email: email.trim() });
      setSentTo(email.trim());
    },
  });
  return (
    <AuthCard
      title={t`Check your mail`}
      text={
        <Trans>
          We sent you a mail with a link. Open it to confirm your address and your password, then{" "}
          <Anchor component={Link} to="/sign-in">
            sign in
          </Anchor>
          .
        </Trans>
      }
    >
      <form onSubmit={submit} noValidate>
        <Stack>
          <Text size="sm" c="dimmed">
            <Trans>No mail after a few minutes? Look into the spam folder, or send it again.</Trans>
          </Text>
          <FormProblems problems={problems} />
          <TextInput
            type="email"
            autoComplete="email"
            label={t`E-mail`}
            key={form.key("email")}
            {...form.getInputProps("email")}
          />
          <Button type="submit" variant="default" loading={isSending}>
            <Trans>Send it again</Trans>
          </Button>
          <Text role="status">
            {sentTo ? (
              <Trans>If {sentTo} still needs to be confirmed, a new mail is on its way.</Trans>
            ) : null}
          </Text>
        </Stack>
      </form>
    </AuthCard>
  );
}
