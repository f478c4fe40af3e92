import { Trans, useLingui } from "@lingui/react/macro";
import { NativeSelect } from "@mantine/core";
import { answered, api } from "../../shared/api/client";
import { DraftForm } from "../../shared/forms/DraftForm";
import { PasswordNow } from "../../shared/forms/PasswordNow";
import { useDraftForm } from "../../shared/forms/useDraftForm";
import type { Provider } from "../../shared/providers/ProviderButtons";

/** Connects another service: the browser goes there, and comes back to this screen. */
export function ConnectForm({ providers }: { providers: Provider[] }) {
  const { t } = useLingui();
  const choices = providers.map(({ name, title }) => ({ value: name, label: title }));
  const draft = useDraftForm({
    name: "connect",
    initial: { provider: choices[0]?.value ?? "", password: "" },
    secret: ["password", "provider"],
    validate: ({ password }) => ({ password: password ? null : t`Enter your password.` }),
    send: async ({ provider, password }) => {
      // The way there is for this browser only, which the server knows by a cookie.
      const { url } = await answered(
        api.POST("/identities/", { body: { provider, password }, credentials: "same-origin" }),
      );
      location.assign(url);
    },
  });
  const [only] = providers;
  return (
    <DraftForm
      draft={draft}
      submit={
        providers.length === 1 && only ? <Trans>Connect {only.title}</Trans> : <Trans>Connect it</Trans>
      }
      label={t`Connect another way to sign in`}
      guarded={false}
    >
      {providers.length > 1 ? (
        <NativeSelect
          label={t`Service to connect`}
          data={choices}
          {...draft.form.getInputProps("provider")}
        />
      ) : null}
      <PasswordNow
        label={t`Your password, to connect it`}
        description={t`It can then sign you in without the password.`}
        {...draft.form.getInputProps("password")}
      />
    </DraftForm>
  );
}
