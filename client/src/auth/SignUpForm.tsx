import { Trans, useLingui } from "@lingui/react/macro";
import { Anchor, Button, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { ApiError } from "../shared/api/ApiError";
import { deviceZone } from "../shared/dates/days";
import { FormProblems } from "../shared/forms/FormProblems";
import { PasswordField } from "../shared/forms/PasswordField";
import { useDraftForm } from "../shared/forms/useDraftForm";
import { rememberMailedTo } from "./mailedTo";
import { register } from "./register";

/** The form to register. `needsInvitation`: signing up needs one; `invitation` is that of the address. */
export function SignUpForm({
  needsInvitation,
  invitation: given,
}: {
  needsInvitation: boolean;
  invitation: string;
}) {
  const { t } = useLingui();
  const navigate = useNavigate();
  const [isTaken, setIsTaken] = useState(false);
  const zone = deviceZone();
  const { form, submit, isSending, problems } = useDraftForm({
    name: given ? `sign-up ${given}` : "sign-up",
    initial: { email: "", password: "", username: "", invitation: given },
    secret: ["password"],
    validate: ({ email, password, invitation }) => ({
      invitation: invitation.trim() || !needsInvitation ? null : t`Enter the code of your invitation.`,
      email: email.trim() ? null : t`Enter your e-mail address.`,
      password: password ? null : t`Choose a password.`,
    }),
    send: async ({ email, password, username, invitation }) => {
      try {
        await register({
          email: email.trim(),
          password,
          username: username.trim(),
          ...(needsInvitation ? { invitation: invitation.trim() } : {}),
        });
      } catch (error) {
        setIsTaken(error instanceof ApiError && error.has("email_taken"));
        throw error;
      } finally {
        rememberMailedTo(email.trim());
      }
      navigate("/check-mail");
    },
  });
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <FormProblems problems={problems} />
        {needsInvitation ? (
          <TextInput
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            label={t`Invitation`}
            description={t`The code that you were given. Signing up here needs one.`}
            maxLength={64}
            key={form.key("invitation")}
            {...form.getInputProps("invitation")}
          />
        ) : null}
        <TextInput
          type="email"
          autoComplete="email"
          label={t`E-mail`}
          description={t`We send you a link to confirm it.`}
          key={form.key("email")}
          {...form.getInputProps("email")}
        />
        {isTaken ? <TakenHint /> : null}
        <PasswordField
          autoComplete="new-password"
          label={t`Password`}
          description={t`At least 8 characters, and not a common password.`}
          key={form.key("password")}
          {...form.getInputProps("password")}
        />
        <TextInput
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          label={t`Username`}
          description={t`Shown with what you publish. If empty, it is made from your address.`}
          key={form.key("username")}
          {...form.getInputProps("username")}
        />
        <Text size="sm" c="dimmed">
          <Trans>Your time zone: {zone}. You can change it later.</Trans>
        </Text>
        <Button type="submit" loading={isSending}>
          <Trans>Register</Trans>
        </Button>
        <Text>
          <Trans>
            Have an account?{" "}
            <Anchor component={Link} to="/sign-in">
              Sign in
            </Anchor>
          </Trans>
        </Text>
      </Stack>
    </form>
  );
}

function TakenHint() {
  return (
    <Text size="sm">
      <Trans>
        Is it yours?{" "}
        <Anchor component={Link} to="/check-mail">
          Send the confirmation again
        </Anchor>{" "}
        or{" "}
        <Anchor component={Link} to="/forgotten">
          choose a new password
        </Anchor>
        .
      </Trans>
    </Text>
  );
}
