import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Card, NativeSelect, Stack } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { answered, api } from "../../shared/api/client";
import { FormProblems } from "../../shared/forms/FormProblems";
import { useDraftForm } from "../../shared/forms/useDraftForm";
import { readAgain } from "../../shared/query/useAction";
import { notify } from "../../shared/ui/notices";
import { bodyOf, NEW_SHARE } from "./newShare";
import { sharablesQuery } from "./sharables";

/** Where a share link is made. */
export function NewShare() {
  const { t } = useLingui();
  const client = useQueryClient();
  const { data: sharables } = useQuery(sharablesQuery);
  const { form, submit, isSending, problems } = useDraftForm({
    name: "share new",
    initial: NEW_SHARE,
    validate: ({ what }) => ({ what: what ? null : t`Choose what to share.` }),
    send: async (values) => {
      const made = await answered(api.POST("/shares/", { body: bodyOf(values, new Date()) }));
      form.setValues(NEW_SHARE);
      notify({ kind: "done", text: t`The link is ready: ${made.title}` });
      await readAgain(client, ["shares"]);
    },
  });
  const choices = [
    {
      group: t`Streaks`,
      items:
        sharables?.tracks.map(({ id, name }) => ({ value: `streak ${id}`, label: t`Streak: ${name}` })) ?? [],
    },
    {
      group: t`Years`,
      items:
        sharables?.tracks.map(({ id, name }) => ({ value: `year ${id}`, label: t`Year: ${name}` })) ?? [],
    },
    {
      group: t`Achievements`,
      items:
        sharables?.achievements.map(({ id, name }) => ({ value: `achievement ${id}`, label: name })) ?? [],
    },
  ].filter(({ items }) => items.length);
  return (
    <Card withBorder p="sm" bg="var(--card)" component="form" onSubmit={submit} noValidate>
      <Stack gap="sm">
        <FormProblems problems={problems} />
        <NativeSelect
          size="md"
          label={t`Make a link to`}
          description={t`The link shows the habit’s name, also if the habit is not published.`}
          data={[{ value: "", label: t`Choose…` }, ...choices]}
          {...form.getInputProps("what")}
        />
        <NativeSelect
          size="md"
          label={t`It works`}
          data={[
            { value: "", label: t`until you revoke it` },
            { value: "7", label: t`for a week` },
            { value: "30", label: t`for 30 days` },
            { value: "365", label: t`for a year` },
          ]}
          {...form.getInputProps("days")}
        />
        <Button type="submit" loading={isSending}>
          <Trans>Make a link</Trans>
        </Button>
      </Stack>
    </Card>
  );
}
