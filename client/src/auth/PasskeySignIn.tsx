import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { useState } from "react";
import { sentenceOfError } from "../shared/errors/sentences";
import { FormProblems } from "../shared/forms/FormProblems";
import { signInByPasskey } from "../shared/passkeys/ceremonies";

/** Signing in by a passkey: the browser lets the person choose one. */
export function PasskeySignIn() {
  const [problem, setProblem] = useState("");
  const [isAsking, setIsAsking] = useState(false);
  async function ask() {
    setIsAsking(true);
    setProblem("");
    try {
      await signInByPasskey();
    } catch (error) {
      setProblem(sentenceOfError(error));
    }
    setIsAsking(false);
  }
  return (
    <>
      <FormProblems problems={problem ? [problem] : []} />
      <Button variant="default" loading={isAsking} onClick={() => void ask()}>
        <Trans>Sign in with a passkey</Trans>
      </Button>
    </>
  );
}
