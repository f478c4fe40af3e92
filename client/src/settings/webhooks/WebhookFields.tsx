import { useLingui } from "@lingui/react/macro";
import { TextInput } from "@mantine/core";
import { ChosenFrom } from "../ChosenFrom";
import { useEventWords, type WebhookEvent } from "./useEventWords";

export type WebhookValues = { name: string; url: string; events: WebhookEvent[] };

/** As far as these fields need a form. */
interface Form {
  getInputProps: (name: keyof WebhookValues) => object;
}

export function WebhookFields({ form }: { form: Form }) {
  const { t } = useLingui();
  const words = useEventWords();
  return (
    <>
      <TextInput
        label={t`Name`}
        description={t`Of the program.`}
        maxLength={100}
        autoComplete="off"
        {...form.getInputProps("name")}
      />
      <TextInput
        type="url"
        label={t`Address`}
        description={t`Public, and begins with https://.`}
        maxLength={2000}
        autoComplete="off"
        {...form.getInputProps("url")}
      />
      <ChosenFrom label={t`It is told when`} choices={words} {...form.getInputProps("events")} />
    </>
  );
}
