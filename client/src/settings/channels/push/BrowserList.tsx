import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { dayAndTime } from "../../../shared/dates/format";
import { useMe } from "../../../shared/person/me";
import { useAct } from "../../../shared/query/useAct";
import { Answer } from "../../../shared/ui/Answer";
import { Row } from "../../../shared/ui/Row";
import { browsersQuery } from "../queries";
import { remove } from "./subscribing";
import { thisBrowserQuery } from "./ThisBrowser";

/** The browsers that show messages, with this one named. */
export function BrowserList() {
  const { t } = useLingui();
  const { time_zone: zone } = useMe();
  const browsers = useQuery(browsersQuery);
  const here = useQuery(thisBrowserQuery).data?.id;
  const { act, isBusy } = useAct(["channels"], ["access"]);
  return (
    <Answer query={browsers}>
      {(found) =>
        found.length ? (
          <Stack gap="xs" component="ul" p={0} m={0} aria-label={t`Browsers`}>
            {found.map(({ id, device, created_at: at }) => {
              const name = device || t`A browser`;
              const since = dayAndTime(at, zone);
              return (
                <Row
                  key={id}
                  title={name}
                  marks={id === here ? [{ text: t`This browser`, color: "pine" }] : []}
                  lines={[t`Since ${since}`]}
                  actions={
                    id === here ? null : (
                      <Button
                        variant="default"
                        loading={isBusy}
                        aria-label={t`Remove: ${name}, ${since}`}
                        onClick={() => void act(() => remove(id), t`Nothing more is sent there.`)}
                      >
                        <Trans>Remove</Trans>
                      </Button>
                    )
                  }
                />
              );
            })}
          </Stack>
        ) : (
          <Text c="dimmed">
            <Trans>None yet.</Trans>
          </Text>
        )
      }
    </Answer>
  );
}
