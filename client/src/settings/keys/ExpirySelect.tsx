import { plural } from "@lingui/core/macro";
import { useLingui } from "@lingui/react/macro";
import { NativeSelect, type NativeSelectProps } from "@mantine/core";

/** For how many days a key works. */
export function ExpirySelect(props: NativeSelectProps) {
  const { t } = useLingui();
  const days = (count: number) => ({
    value: String(count),
    label: plural(count, { one: "for # day", other: "for # days" }),
  });
  return (
    <NativeSelect
      label={t`It works`}
      data={[{ value: "", label: t`until I revoke it` }, days(7), days(30), days(90), days(365)]}
      {...props}
    />
  );
}
