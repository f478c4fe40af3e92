import { useLingui } from "@lingui/react/macro";
import { PasswordInput, type PasswordInputProps } from "@mantine/core";
import type { ChangeEvent } from "react";
import { useMe } from "../person/me";
import { FreshSignIn } from "./FreshSignIn";

type Props = Omit<PasswordInputProps, "onChange"> & {
  onChange?: (given: ChangeEvent<HTMLInputElement> | string) => void;
};

/** The person's present password, or what stands for it, before something that gives access or cannot be undone. */
export function PasswordNow(props: Props) {
  const { t } = useLingui();
  if (!useMe().has_password) {
    const of = props["aria-label"] ?? props.label;
    return (
      <FreshSignIn
        of={typeof of === "string" ? of : ""}
        value={String(props.value ?? "")}
        error={Boolean(props.error)}
        onChange={(proof) => props.onChange?.(proof)}
      />
    );
  }
  return (
    <PasswordInput
      label={t`Your password`}
      autoComplete="current-password"
      visibilityToggleButtonProps={{ "aria-label": t`Show the password` }}
      {...props}
    />
  );
}
