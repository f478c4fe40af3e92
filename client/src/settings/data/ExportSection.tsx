import { Trans, useLingui } from "@lingui/react/macro";
import { Alert, Button, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api } from "../../shared/api/client";
import { timeOfDay } from "../../shared/dates/format";
import { sentenceOf } from "../../shared/errors/sentences";
import { useLimits } from "../../shared/person/limits";
import { useMe } from "../../shared/person/me";
import { useAction } from "../../shared/query/useAction";
import { Answer } from "../../shared/ui/Answer";
import { fetchedFile, saveFile } from "../../shared/ui/files";
import { Progress } from "./Progress";
import { type Export, exportsQuery } from "./queries";
import { sizeText } from "./sizes";

/** Asking for an export, how far it is, and fetching it once. */
export function ExportSection() {
  const exports = useQuery(exportsQuery);
  return <Answer query={exports}>{([latest]) => <ExportState latest={latest} />}</Answer>;
}

function ExportState({ latest }: { latest: Export | undefined }) {
  const { t } = useLingui();
  const { time_zone: zone } = useMe();
  const { kept_minutes: minutes } = useLimits().export;
  const changes = () => [["exports"]];
  const make = useAction({ send: () => api.POST("/export/"), changes });
  const fetchFile = useAction({
    send: ({ id }: Export) =>
      fetchedFile(
        api.GET("/export/{export_id}/file/", { params: { path: { export_id: id } }, parseAs: "blob" }),
      ),
    changes,
    after: (content, { created_at: at }) => saveFile(content, `habits-${at.slice(0, 10)}.zip`),
    done: () => t`The file is among your downloads.`,
  });
  if (latest?.state === "running") {
    return (
      <Progress label={t`Your export is being made`} done={latest.done} total={latest.total}>
        <Text size="sm">
          <Trans>You can leave this screen.</Trans>
        </Text>
      </Progress>
    );
  }
  const isReady = latest?.state === "done" && !latest.fetched_at && new Date(latest.expires_at) > new Date();
  return (
    <Stack gap="sm" role="status">
      {isReady ? (
        <>
          <Text>
            <Trans>
              Ready: {sizeText(latest.size)}. It can be fetched once, until{" "}
              {timeOfDay(latest.expires_at, zone)}.
            </Trans>
          </Text>
          <Button w="fit-content" loading={fetchFile.isPending} onClick={() => fetchFile.run(latest)}>
            <Trans>Save the file</Trans>
          </Button>
        </>
      ) : (
        <>
          {latest?.state === "failed" ? (
            <Alert color="red">
              <Trans>The export could not be made.</Trans> {sentenceOf({ code: latest.code })}
            </Alert>
          ) : null}
          {latest?.fetched_at ? (
            <Text>
              <Trans>
                The last export was fetched at {timeOfDay(latest.fetched_at, zone)}. If it did not arrive,
                make another.
              </Trans>
            </Text>
          ) : null}
          <Button w="fit-content" loading={make.isPending} onClick={() => make.run()}>
            {latest?.fetched_at ? <Trans>Make another export</Trans> : <Trans>Make an export</Trans>}
          </Button>
          <Text size="sm" c="dimmed">
            <Trans>It is kept for {minutes} minutes, and can be fetched once.</Trans>
          </Text>
        </>
      )}
    </Stack>
  );
}
