import { Trans, useLingui } from "@lingui/react/macro";
import { Button, PasswordInput, Stack, Text, TextInput, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api } from "../../shared/api/client";
import type { Schema } from "../../shared/api/types";
import { DraftForm } from "../../shared/forms/DraftForm";
import { useDraftForm } from "../../shared/forms/useDraftForm";
import { useAct } from "../../shared/query/useAct";
import { Answer } from "../../shared/ui/Answer";
import { notify } from "../../shared/ui/notices";
import { CopyText } from "../../shared/ui/Once";
import { ask } from "../../shared/ui/questions";
import { signedSourceQuery } from "./queries";

/** Open Wearables, which signs what it sends to an address of its own. */
export function OpenWearables() {
  const source = useQuery(signedSourceQuery);
  return (
    <Stack gap="sm">
      <Title order={3} size="h5">
        Open Wearables
      </Title>
      <Answer query={source}>{(found) => <Source key={String(found.is_on)} source={found} />}</Answer>
    </Stack>
  );
}

function Source({ source }: { source: Schema<"SignedSource"> }) {
  const { t } = useLingui();
  const { act, refresh, isBusy } = useAct(["events", "open-wearables"], ["access"]);
  const draft = useDraftForm({
    name: "open wearables",
    initial: { secret: "", wearer: source.wearer },
    secret: ["secret"],
    validate: ({ secret }) => ({
      secret: secret || source.is_on ? null : t`Enter the secret that Open Wearables shows.`,
    }),
    send: async ({ secret, wearer }) => {
      const body = { wearer: wearer.trim(), ...(secret ? { secret: secret.trim() } : {}) };
      await api.PUT("/events/open-wearables/", { body });
      draft.form.setValues({ secret: "" });
      refresh();
      notify({ kind: "done", text: t`Saved.` });
    },
  });
  async function turnOff() {
    const agreed = await ask({
      title: t`Turn Open Wearables off?`,
      text: t`Its address stops working. What it has sent stays.`,
      yes: t`Turn off`,
      isDangerous: true,
    });
    if (agreed) await act(() => api.DELETE("/events/open-wearables/"), t`Open Wearables is off.`);
  }
  return (
    <>
      {source.is_on ? (
        <CopyText text={source.address} what={t`address for Open Wearables`} />
      ) : (
        <Text size="sm" c="dimmed">
          <Trans>
            Make an endpoint there, and store here the secret that it shows. You get an address for it.
          </Trans>
        </Text>
      )}
      <DraftForm
        draft={draft}
        submit={source.is_on ? <Trans>Save</Trans> : <Trans>Turn on</Trans>}
        label="Open Wearables"
        more={
          source.is_on ? (
            <Button variant="subtle" loading={isBusy} onClick={() => void turnOff()}>
              <Trans>Turn off</Trans>
            </Button>
          ) : null
        }
      >
        <PasswordInput
          label={t`Secret`}
          description={
            source.is_on
              ? t`If empty: the present one. It is never shown again.`
              : t`It begins with whsec_ and is never shown again.`
          }
          autoComplete="off"
          maxLength={200}
          visibilityToggleButtonProps={{ "aria-label": t`Show the secret` }}
          {...draft.form.getInputProps("secret")}
        />
        <TextInput
          label={t`Only this user of it`}
          description={t`If empty: all.`}
          autoComplete="off"
          maxLength={100}
          {...draft.form.getInputProps("wearer")}
        />
      </DraftForm>
    </>
  );
}
