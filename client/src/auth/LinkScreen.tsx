import { Trans, useLingui } from "@lingui/react/macro";
import { Anchor, Button, Text } from "@mantine/core";
import { useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { signInByLink } from "../shared/api/session";
import { sentenceOfError } from "../shared/errors/sentences";
import { FormProblems } from "../shared/forms/FormProblems";
import { usePerson } from "../shared/person/usePerson";
import { takePlace } from "../shared/providers/place";
import { AuthCard } from "./AuthCard";

/** The page behind a mailed sign-in link. Only its button uses the link: mail programs open links on their own. */
export function LinkScreen() {
  const { t } = useLingui();
  const navigate = useNavigate();
  const [wasSignedIn] = useState(usePerson() !== null);
  const { token = "" } = useParams();
  const [problems, setProblems] = useState<string[]>([]);
  const [isSending, setIsSending] = useState(false);
  async function use() {
    setIsSending(true);
    try {
      await signInByLink(token);
      navigate(takePlace() ?? "/", { replace: true });
    } catch (error) {
      setProblems([sentenceOfError(error)]);
      setIsSending(false);
    }
  }
  return (
    <AuthCard title={t`Sign in by your link`} text={<Trans>The link works once, for an hour.</Trans>}>
      {wasSignedIn ? (
        <Text>
          <Trans>
            Somebody is signed in here already. If you go on, this browser changes to the account that the
            mail was sent to.
          </Trans>
        </Text>
      ) : null}
      <FormProblems problems={problems} />
      <Button onClick={use} loading={isSending}>
        <Trans>Sign in</Trans>
      </Button>
      {wasSignedIn ? (
        <Anchor component={Link} to="/">
          <Trans>Back to Today</Trans>
        </Anchor>
      ) : (
        <Anchor component={Link} to="/sign-in">
          <Trans>Sign in with your password</Trans>
        </Anchor>
      )}
    </AuthCard>
  );
}
