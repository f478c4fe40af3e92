import { Trans, useLingui } from "@lingui/react/macro";
import { Alert, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { LeaveGuard } from "../../shared/forms/LeaveGuard";
import { DropFile } from "./DropFile";
import { ImportList } from "./ImportList";
import { Progress } from "./Progress";
import { importsQuery } from "./queries";
import { useUpload } from "./useUpload";

/** Sending a file, and what became of the earlier ones. */
export function ImportSection() {
  const { t } = useLingui();
  const navigate = useNavigate();
  const imports = useQuery(importsQuery).data ?? [];
  const { sent, problem, send, refuse } = useUpload((id) => void navigate(`/me/data/imports/${id}`));
  const waits = imports.some(({ state }) => state === "waiting");
  return (
    <Stack gap="sm">
      {sent ? (
        <Progress
          label={sent.share < 1 ? t`Sending ${sent.name}` : t`Reading ${sent.name}`}
          done={sent.share}
          total={1}
        />
      ) : (
        <DropFile onFile={(file) => void send(file)} onWrong={refuse} />
      )}
      {problem ? (
        <Alert color="red" role="alert">
          {problem}
        </Alert>
      ) : null}
      {waits ? (
        <Text size="sm" c="dimmed">
          <Trans>Another file takes the place of the one that you have not started.</Trans>
        </Text>
      ) : null}
      <ImportList imports={imports} />
      <LeaveGuard isDirty={sent !== null && sent.share < 1} onDiscard={() => {}} />
    </Stack>
  );
}
