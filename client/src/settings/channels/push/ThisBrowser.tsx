import { Trans, useLingui } from "@lingui/react/macro";
import { Alert, Button, Stack, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useAct } from "../../../shared/query/useAct";
import { Answer } from "../../../shared/ui/Answer";
import { Loading } from "../../../shared/ui/Loading";
import { browsersQuery } from "../queries";
import { NotSubscribed, ownId, subscribe, unsubscribe } from "./subscribing";
import { pushSupport } from "./support";
import { usePushWords } from "./usePushWords";

/** What the browser itself says. Asked for again when one comes back from its settings. */
export const thisBrowserQuery = {
  queryKey: ["channels", "this browser"],
  queryFn: async () => ({ support: pushSupport(), id: await ownId() }),
  staleTime: 0,
  gcTime: 0,
  networkMode: "always" as const,
  meta: { volatile: true },
};

/** Whether this browser shows messages; turning that on and off. */
export function ThisBrowser() {
  const { t } = useLingui();
  const client = useQueryClient();
  const words = usePushWords();
  const here = useQuery(thisBrowserQuery);
  const browsers = useQuery(browsersQuery);
  const [why, setWhy] = useState("");
  const { act, isBusy } = useAct(["channels"], ["access"]);

  async function turnOn() {
    setWhy("");
    await act(async () => {
      try {
        await subscribe();
      } catch (error) {
        if (!(error instanceof NotSubscribed)) throw error;
        setWhy(words[error.why]);
      }
      await client.invalidateQueries({ queryKey: thisBrowserQuery.queryKey });
    });
  }

  return (
    <Answer query={here}>
      {({ support, id }) => {
        if (support !== "yes") return <Alert color="yellow">{words[support]}</Alert>;
        if (browsers.isLoading) return <Loading />;
        const isOn = id !== null && browsers.data?.some((each) => each.id === id);
        return (
          <Stack gap="sm" aria-live="polite">
            <Text>
              {isOn ? (
                <Trans>This browser shows your messages, also while the site is closed.</Trans>
              ) : (
                <Trans>
                  This browser shows no messages yet. Reminders come with the buttons Done and Later.
                </Trans>
              )}
            </Text>
            {isOn ? (
              <Button
                variant="default"
                w="fit-content"
                loading={isBusy}
                onClick={() =>
                  void act(() => unsubscribe(id ?? 0), t`This browser shows no messages any more.`)
                }
              >
                <Trans>Turn off in this browser</Trans>
              </Button>
            ) : (
              <Button w="fit-content" loading={isBusy} onClick={() => void turnOn()}>
                <Trans>Turn on in this browser</Trans>
              </Button>
            )}
            {why ? <Alert color="yellow">{why}</Alert> : null}
          </Stack>
        );
      }}
    </Answer>
  );
}
