import { Trans, useLingui } from "@lingui/react/macro";
import { Anchor, Button, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";
import { ApiError } from "../shared/api/ApiError";
import { signIn } from "../shared/api/session";
import { FormProblems } from "../shared/forms/FormProblems";
import { PasswordField } from "../shared/forms/PasswordField";
import { useDraftForm } from "../shared/forms/useDraftForm";
import { rememberPlace } from "../shared/providers/place";
import { rememberMailedTo } from "./mailedTo";

export function SignInForm() {
  const { t } = useLingui();
  const [isUnconfirmed, setIsUnconfirmed] = useState(false);
  const { form, submit, isSending, problems } = useDraftForm({
    name: "sign-in",
    initial: { email: "", password: "" },
    secret: ["password"],
    validate: ({ email, password }) => ({
      email: email.trim() ? null : t`Enter your e-mail address.`,
      password: password ? null : t`Enter your password.`,
    }),
    send: async ({ email, password }) => {
      try {
        await signIn(email.trim(), password);
      } catch (error) {
        if (error instanceof ApiError && error.has("no_active_account")) {
          rememberMailedTo(email.trim());
          setIsUnconfirmed(true);
        }
        throw error;
      }
    },
  });
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <FormProblems problems={problems} />
        {isUnconfirmed ? (
          <Text size="sm">
            <Trans>
              Address not confirmed yet?{" "}
              <Anchor component={Link} to="/check-mail" onClick={rememberPlace}>
                Send the mail again
              </Anchor>
            </Trans>
          </Text>
        ) : null}
        <TextInput
          type="email"
          autoComplete="username"
          label={t`E-mail`}
          key={form.key("email")}
          {...form.getInputProps("email")}
        />
        <PasswordField
          autoComplete="current-password"
          label={t`Password`}
          key={form.key("password")}
          {...form.getInputProps("password")}
        />
        <Button type="submit" loading={isSending}>
          <Trans>Sign in</Trans>
        </Button>
        <Anchor component={Link} to="/forgotten" onClick={rememberPlace}>
          <Trans>Forgotten password</Trans>
        </Anchor>
      </Stack>
    </form>
  );
}
