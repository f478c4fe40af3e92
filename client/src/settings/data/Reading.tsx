import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Group, Loader, Text } from "@mantine/core";
import { useNavigate } from "react-router";
import { api } from "../../shared/api/client";
import { useAction } from "../../shared/query/useAction";
import type { ImportDetail } from "./queries";

/** A file that the server reads: seconds, for the largest ones. */
export function Reading({ file }: { file: ImportDetail }) {
  const { t } = useLingui();
  const navigate = useNavigate();
  const forget = useAction({
    send: () => api.DELETE("/imports/{import_id}/", { params: { path: { import_id: file.id } } }),
    changes: () => [["imports", "all"]],
    done: () => t`The file is forgotten.`,
    after: () => void navigate("/me/data"),
  });
  return (
    <>
      <Group role="status" gap="sm">
        <Loader size="sm" aria-hidden />
        <Text>
          <Trans>Your file is being read. You can leave this screen.</Trans>
        </Text>
      </Group>
      <Button variant="default" w="fit-content" loading={forget.isPending} onClick={() => forget.run()}>
        <Trans>Forget the file</Trans>
      </Button>
    </>
  );
}
