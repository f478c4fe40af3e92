import { Trans, useLingui } from "@lingui/react/macro";
import { PasswordInput } from "@mantine/core";
import { api } from "../../shared/api/client";
import { signIn } from "../../shared/api/session";
import { DraftForm } from "../../shared/forms/DraftForm";
import { PasswordNow } from "../../shared/forms/PasswordNow";
import { useDraftForm } from "../../shared/forms/useDraftForm";
import { useLimits } from "../../shared/person/limits";
import { useMe } from "../../shared/person/me";
import { useAct } from "../../shared/query/useAct";
import { notify } from "../../shared/ui/notices";

export function PasswordForm() {
  const { t } = useLingui();
  const me = useMe();
  const { account } = useLimits();
  const { refresh } = useAct(["sessions"], ["access"], ["me"]);
  const draft = useDraftForm({
    name: "new password",
    initial: { password: "", new_password: "" },
    secret: ["password", "new_password"],
    validate: ({ password, new_password }) => ({
      password: password ? null : t`Enter your password.`,
      new_password: new_password ? null : t`Choose a password.`,
    }),
    send: async ({ password, new_password }) => {
      await api.POST("/password/change/", { body: { password, new_password } });
      // A new password ends all sessions, so this device signs in again.
      await signIn(me.email, new_password);
      draft.form.setValues({ password: "", new_password: "" });
      refresh();
      notify({ kind: "done", text: t`Your password is changed. Other devices must sign in again.` });
    },
  });
  return (
    <DraftForm
      draft={draft}
      submit={me.has_password ? <Trans>Change the password</Trans> : <Trans>Choose this password</Trans>}
      label={t`New password`}
      guarded={false}
    >
      <input className="visually-hidden" autoComplete="username" value={me.email} readOnly hidden />
      <PasswordNow {...draft.form.getInputProps("password")} />
      <PasswordInput
        label={t`New password`}
        description={t`At least ${account.password_length.min} characters, and not a common password.`}
        autoComplete="new-password"
        maxLength={account.password_length.max}
        visibilityToggleButtonProps={{ "aria-label": t`Show the new password` }}
        {...draft.form.getInputProps("new_password")}
      />
    </DraftForm>
  );
}
