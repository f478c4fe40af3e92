import { useLingui } from "@lingui/react/macro";
import type { ReactNode } from "react";
import { DraftForm } from "../../shared/forms/DraftForm";
import { named } from "../../shared/forms/named";
import { PasswordNow } from "../../shared/forms/PasswordNow";
import { useDraftForm } from "../../shared/forms/useDraftForm";

/** Asks for the password before something is done. `of`: what it is for, where several are on a screen. */
export function PasswordStep({
  of,
  submit,
  more,
  send,
}: {
  of: string;
  submit: ReactNode;
  more?: ReactNode;
  send: (password: string) => Promise<void>;
}) {
  const { t } = useLingui();
  const draft = useDraftForm({
    name: `password ${of}`,
    initial: { password: "" },
    secret: ["password"],
    validate: ({ password }) => ({ password: password ? null : t`Enter your password.` }),
    send: ({ password }) => send(password),
  });
  return (
    <DraftForm draft={draft} submit={submit} label={of} more={more} guarded={false}>
      <PasswordNow
        visibilityToggleButtonProps={{ "aria-label": t`Show the password: ${of}` }}
        {...named(t`Your password`, of)}
        {...draft.form.getInputProps("password")}
      />
    </DraftForm>
  );
}
