import { Trans, useLingui } from "@lingui/react/macro";
import { Alert, Button, TextInput } from "@mantine/core";
import { DraftForm } from "../../shared/forms/DraftForm";
import { PasswordNow } from "../../shared/forms/PasswordNow";
import { useDraftForm } from "../../shared/forms/useDraftForm";
import { useLimits } from "../../shared/person/limits";
import { useMe } from "../../shared/person/me";
import { useEditMe } from "../../shared/person/useEditMe";
import { useAct } from "../../shared/query/useAct";
import { notify } from "../../shared/ui/notices";
import { Section } from "../Section";

/** The address, which changes once the link that is sent to it is opened. */
export function AddressForm() {
  const { t } = useLingui();
  const me = useMe();
  const edit = useEditMe();
  const { account } = useLimits();
  const { act, isBusy } = useAct(["me"]);
  const draft = useDraftForm({
    name: "address",
    initial: { email: me.new_email, password: "" },
    secret: ["password"],
    validate: ({ email, password }) => ({
      email: email.trim() ? null : t`Enter your e-mail address.`,
      password: password ? null : t`Enter your password.`,
    }),
    send: async ({ email, password }) => {
      const { new_email: sentTo } = await edit({ email: email.trim(), password });
      notify({
        kind: "done",
        text: sentTo ? t`We sent a link to ${sentTo}.` : t`Your address is unchanged.`,
      });
    },
  });
  const keep = () => act(() => edit({ email: me.email }), t`Your address is unchanged.`);
  return (
    <Section title={t`E-mail address`} text={<Trans>You sign in as {me.email}.</Trans>}>
      {me.new_email ? (
        <Alert color="yellow">
          <Trans>
            {me.new_email} is not confirmed yet. Open the link in the mail that we sent there. If you have
            changed your password since, change the address again for a new link.
          </Trans>
        </Alert>
      ) : null}
      <DraftForm
        draft={draft}
        submit={<Trans>Change the address</Trans>}
        label={t`E-mail address`}
        more={
          me.new_email ? (
            <Button variant="default" loading={isBusy} onClick={() => void keep()}>
              <Trans>Keep {me.email}</Trans>
            </Button>
          ) : null
        }
      >
        <TextInput
          type="email"
          autoComplete="email"
          label={t`New address`}
          description={t`It changes once you open the link that we send there. We tell your present address, too.`}
          maxLength={account.email_length}
          {...draft.form.getInputProps("email")}
        />
        <PasswordNow {...draft.form.getInputProps("password")} />
      </DraftForm>
    </Section>
  );
}
