import { useLingui } from "@lingui/react/macro";
import { useMe } from "../../shared/person/me";
import { SettingsScreen } from "../SettingsScreen";
import { AddressForm } from "./AddressForm";
import { ProfileForm } from "./ProfileForm";

export function ProfileScreen() {
  const { t } = useLingui();
  const me = useMe();
  return (
    <SettingsScreen title={t`Profile`}>
      <ProfileForm key={me.id} />
      <AddressForm key={`${me.email} ${me.new_email}`} />
    </SettingsScreen>
  );
}
