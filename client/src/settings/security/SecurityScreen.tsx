import { Trans, useLingui } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { useMe } from "../../shared/person/me";
import { Answer } from "../../shared/ui/Answer";
import { Section } from "../Section";
import { SettingsScreen } from "../SettingsScreen";
import { AccessList } from "./AccessList";
import { Passkeys } from "./Passkeys";
import { PasswordForm } from "./PasswordForm";
import { accessQuery } from "./queries";
import { WaysToSignIn } from "./WaysToSignIn";

/** A new password, and what else can open the account. */
export function SecurityScreen() {
  const { t } = useLingui();
  const { has_password } = useMe();
  const access = useQuery(accessQuery);
  return (
    <SettingsScreen title={t`Password and access`}>
      <Section title={has_password ? t`New password` : t`Choose a password`}>
        <PasswordForm />
      </Section>
      <Passkeys />
      <WaysToSignIn />
      <Section
        title={t`What has access`}
        text={<Trans>A new password signs out other devices, and ends none of this:</Trans>}
      >
        <Answer query={access}>{(found) => <AccessList access={found} />}</Answer>
      </Section>
    </SettingsScreen>
  );
}
