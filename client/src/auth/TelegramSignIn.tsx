import { Trans, useLingui } from "@lingui/react/macro";
import { Alert, Button } from "@mantine/core";
import { useState } from "react";
import { ApiError } from "../shared/api/ApiError";
import { sentenceOfError } from "../shared/errors/sentences";
import { trySignInByTelegram, useRefusal } from "../shared/telegram/signIn";

/** Why Telegram has signed nobody in, and another try where it may help. */
export function TelegramSignIn() {
  const { t } = useLingui();
  const refusal = useRefusal();
  const [isTrying, setIsTrying] = useState(false);
  async function again() {
    setIsTrying(true);
    await trySignInByTelegram();
    setIsTrying(false);
  }
  const mayHelp = refusal === null || (refusal instanceof ApiError && refusal.isTemporary);
  return (
    <>
      {refusal ? (
        <Alert color="gray" role="status" title={t`Telegram has not signed you in`}>
          {sentenceOfError(refusal)}
        </Alert>
      ) : null}
      {mayHelp ? (
        <Button variant="default" loading={isTrying} onClick={() => void again()}>
          <Trans>Sign in with Telegram</Trans>
        </Button>
      ) : null}
    </>
  );
}
