import { Trans, useLingui } from "@lingui/react/macro";
import { Autocomplete, Button, NativeSelect, SimpleGrid, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import type { Me } from "../../shared/api/types";
import { deviceZone } from "../../shared/dates/days";
import { shortDay } from "../../shared/dates/format";
import { DraftForm } from "../../shared/forms/DraftForm";
import { useDraftForm } from "../../shared/forms/useDraftForm";
import { useLimits } from "../../shared/person/limits";
import { useMe } from "../../shared/person/me";
import { useEditMe } from "../../shared/person/useEditMe";
import { notify } from "../../shared/ui/notices";
import { Switched } from "../../shared/ui/Switched";
import { knownZones } from "./zones";

type Values = {
  username: string;
  language: Me["language"];
  time_zone: string;
  day_starts_at: string;
  week_starts_on: Me["week_starts_on"];
  is_ranked: boolean;
};

const LANGUAGES = [
  { value: "en", label: "English" },
  { value: "ru", label: "Русский" },
];

/** Name, language, and how days and weeks are counted. */
export function ProfileForm() {
  const { t } = useLingui();
  const me = useMe();
  const edit = useEditMe();
  const client = useQueryClient();
  const { account } = useLimits();
  const here = deviceZone();
  const draft = useDraftForm<Values>({
    name: "profile",
    initial: {
      username: me.username,
      language: me.language,
      time_zone: me.time_zone,
      day_starts_at: String(me.day_starts_at),
      week_starts_on: me.week_starts_on,
      is_ranked: me.is_ranked,
    },
    validate: ({ username }) => ({ username: username.trim() ? null : t`Enter a name.` }),
    send: async (values) => {
      const body = {
        ...values,
        username: values.username.trim(),
        time_zone: values.time_zone.trim(),
        day_starts_at: Number(values.day_starts_at),
      };
      await edit(body);
      void client.invalidateQueries({ queryKey: ["days"] });
      notify({ kind: "done", text: t`Saved.` });
    },
  });
  const { form } = draft;
  const hours = Array.from({ length: account.day_starts_at.max + 1 }, (_, hour) => ({
    value: String(hour),
    label: hour ? t`at ${hour}:00` : t`at midnight`,
  }));
  const since = me.week_starts_on_since ? shortDay(me.week_starts_on_since) : "";
  return (
    <DraftForm draft={draft} submit={<Trans>Save</Trans>} label={t`You`}>
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <TextInput
          label={t`Username`}
          description={t`Shown with what you publish.`}
          autoComplete="username"
          spellCheck={false}
          maxLength={account.username_length}
          {...form.getInputProps("username")}
        />
        <NativeSelect
          label={t`Language`}
          description={t`Of this app, and of messages.`}
          data={LANGUAGES}
          {...form.getInputProps("language")}
        />
        <Autocomplete
          label={t`Time zone`}
          description={
            here === form.values.time_zone ? t`The same as this device's.` : t`This device is in ${here}.`
          }
          data={knownZones()}
          limit={20}
          autoComplete="off"
          spellCheck={false}
          {...form.getInputProps("time_zone")}
        />
        <NativeSelect
          label={t`My day starts`}
          description={t`Before this hour it is still the day before.`}
          data={hours}
          {...form.getInputProps("day_starts_at")}
        />
        <NativeSelect
          label={t`My weeks start`}
          description={
            since
              ? t`From ${since} on. Another choice holds at the earliest four weeks after that.`
              : t`Another choice holds from the next such day on.`
          }
          data={[
            { value: "mon", label: t`on Monday` },
            { value: "sun", label: t`on Sunday` },
            { value: "sat", label: t`on Saturday` },
          ]}
          {...form.getInputProps("week_starts_on")}
        />
      </SimpleGrid>
      {here === form.values.time_zone ? null : (
        <Button variant="light" onClick={() => form.setFieldValue("time_zone", here)} w="fit-content">
          <Trans>Use {here}</Trans>
        </Button>
      )}
      <Switched
        label={t`Show my name on leaderboards that everyone sees`}
        {...form.getInputProps("is_ranked", { type: "checkbox" })}
      />
    </DraftForm>
  );
}
