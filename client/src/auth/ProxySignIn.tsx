import { Trans } from "@lingui/react/macro";
import { Button, Text } from "@mantine/core";
import { useEffect, useState } from "react";
import { signInByProxy } from "../shared/api/session";
import { sentenceOfError } from "../shared/errors/sentences";
import { FormProblems } from "../shared/forms/FormProblems";
import { Loading } from "../shared/ui/Loading";

const ONCE_IN = 10_000; // milliseconds: a session that ends at once is not begun again and again

let triedAt = Number.NEGATIVE_INFINITY;

/** Signing in where the operator's proxy knows who one is: by itself, and by a button if that fails. */
export function ProxySignIn() {
  const [problem, setProblem] = useState("");
  const [isTrying, setIsTrying] = useState(() => Date.now() - triedAt > ONCE_IN);
  useEffect(() => {
    if (!isTrying) return;
    triedAt = Date.now();
    signInByProxy().catch((error: unknown) => {
      setProblem(sentenceOfError(error));
      setIsTrying(false);
    });
  }, [isTrying]);
  if (isTrying) return <Loading />;
  return (
    <>
      <FormProblems problems={problem ? [problem] : []} />
      <Text>
        <Trans>You are signed in here by the service in front of this one, without a password.</Trans>
      </Text>
      <Button onClick={() => setIsTrying(true)}>
        <Trans>Sign in</Trans>
      </Button>
    </>
  );
}
