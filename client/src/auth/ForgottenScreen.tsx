import { Trans, useLingui } from "@lingui/react/macro";
import { Anchor, Button, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";
import { post } from "../shared/api/plain";
import { FormProblems } from "../shared/forms/FormProblems";
import { useDraftForm } from "../shared/forms/useDraftForm";
import { usePerson } from "../shared/person/usePerson";
import { AuthCard } from "./AuthCard";

export function ForgottenScreen() {
  const { t } = useLingui();
  const isSignedIn = usePerson() !== null;
  const [sentTo, setSentTo] = useState("");
  const { form, submit, isSending, problems } = useDraftForm({
    name: "forgotten",
    initial: { email: "" },
    validate: ({ email }) => ({ email: email.trim() ? null : t`Enter your e-mail address.` }),
    send: async ({ email }) => {
      await post("/password/reset/", { email: email.trim() });
      setSentTo(email.trim());
    },
  });
  return (
    <AuthCard title={t`Forgotten password`} text={<Trans>We send you a link to choose a new one.</Trans>}>
      {sentTo ? (
        <Text role="status">
          <Trans>
            If there is an account for {sentTo}, a mail with a link is on its way. It works for two hours.
          </Trans>
        </Text>
      ) : (
        <form onSubmit={submit} noValidate>
          <Stack>
            <FormProblems problems={problems} />
            <TextInput
              type="email"
              autoComplete="username"
              label={t`E-mail`}
              key={form.key("email")}
              {...form.getInputProps("email")}
            />
            <Button type="submit" loading={isSending}>
              <Trans>Send me a link</Trans>
            </Button>
          </Stack>
        </form>
      )}
      {isSignedIn ? (
        <Anchor component={Link} to="/">
          <Trans>Back to Today</Trans>
        </Anchor>
      ) : (
        <Anchor component={Link} to="/sign-in">
          <Trans>Back to signing in</Trans>
        </Anchor>
      )}
    </AuthCard>
  );
}
