import { useLingui } from "@lingui/react/macro";
import { PasswordInput, type PasswordInputProps } from "@mantine/core";

/** A field for a password. Mantine's does not say that it is invalid. */
export function PasswordField(props: PasswordInputProps) {
  const { t } = useLingui();
  return (
    <PasswordInput
      visibilityToggleButtonProps={{ "aria-label": t`Show the password` }}
      {...props}
      aria-invalid={props.error ? true : undefined}
    />
  );
}
