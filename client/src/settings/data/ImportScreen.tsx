import { Trans, useLingui } from "@lingui/react/macro";
import { Anchor, Button, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { ApiError } from "../../shared/api/ApiError";
import { api } from "../../shared/api/client";
import { useAction } from "../../shared/query/useAction";
import { Answer } from "../../shared/ui/Answer";
import { EmptyState } from "../../shared/ui/EmptyState";
import { ask } from "../../shared/ui/questions";
import { SettingsScreen } from "../SettingsScreen";
import { Progress } from "./Progress";
import { type ImportDetail, importQuery, importsQuery } from "./queries";
import { Reading } from "./Reading";
import { Report } from "./Report";
import { sizeText } from "./sizes";
import { useSourceNames } from "./useSourceNames";
import { Waiting } from "./Waiting";

/** One file: its preview until it is started, how far it is, and the report. */
export function ImportScreen() {
  const { t } = useLingui();
  const id = Number(useParams().id);
  const file = useQuery(importQuery(id));
  const isGone = file.error instanceof ApiError && file.error.status === 404;
  return (
    <SettingsScreen title={file.data?.name || t`Import`} back={{ to: "/me/data", name: t`My data` }}>
      {isGone ? (
        <EmptyState
          title={<Trans>This file is not here any more.</Trans>}
          text={
            <Trans>
              It was forgotten, or another file took its place. Look at{" "}
              <Anchor component={Link} to="/me/data">
                the files that you have sent
              </Anchor>
              .
            </Trans>
          }
        />
      ) : (
        <Answer query={file}>{(found) => <FileState file={found} />}</Answer>
      )}
    </SettingsScreen>
  );
}

function FileState({ file }: { file: ImportDetail }) {
  const sourceName = useSourceNames();
  return (
    <>
      <Text c="dimmed">{[sourceName(file.source), sizeText(file.size)].filter(Boolean).join(", ")}</Text>
      {file.state === "reading" ? (
        <Reading file={file} />
      ) : file.state === "waiting" ? (
        <Waiting file={file} />
      ) : file.state === "running" ? (
        <Running file={file} />
      ) : (
        <Report file={file} />
      )}
    </>
  );
}

/** How far an import is. The list says it, which is small; the whole is read once it is over. */
function Running({ file }: { file: ImportDetail }) {
  const { t } = useLingui();
  const client = useQueryClient();
  const navigate = useNavigate();
  const stop = useAction({
    send: () => api.DELETE("/imports/{import_id}/", { params: { path: { import_id: file.id } } }),
    changes: () => [["imports", "all"], ["tracks"], ["days"]],
    done: () => t`Stopped.`,
    after: () => void navigate("/me/data"),
  });
  async function askAndStop() {
    const agreed = await ask({
      title: t`Stop here?`,
      text: t`The habits that are made stay; the others are not made. Send the file again to go on.`,
      yes: t`Stop`,
    });
    if (agreed) stop.run();
  }
  const now = useQuery(importsQuery).data?.find(({ id }) => id === file.id);
  // What is known of before the start says "waiting".
  const isOver = now?.state === "done" || now?.state === "failed";
  useEffect(() => {
    if (isOver) void client.invalidateQueries(); // days, habits and figures have changed
  }, [client, isOver]);
  return (
    <Progress
      label={t`Your habits are being made`}
      done={now?.done ?? file.done}
      total={now?.total ?? file.total}
    >
      <Text size="sm">
        <Trans>You can leave this screen. What is made stays, also if the connection is lost.</Trans>
      </Text>
      <Button variant="default" w="fit-content" loading={stop.isPending} onClick={() => void askAndStop()}>
        <Trans>Stop</Trans>
      </Button>
    </Progress>
  );
}
