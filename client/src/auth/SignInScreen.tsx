import { Trans, useLingui } from "@lingui/react/macro";
import { Alert, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { IN_TELEGRAM } from "../shared/api/site";
import { hasPasskeys } from "../shared/passkeys/available";
import { accountQuery } from "../shared/providers/account";
import { ProviderButtons } from "../shared/providers/ProviderButtons";
import { Loading } from "../shared/ui/Loading";
import { AuthCard } from "./AuthCard";
import { PasskeySignIn } from "./PasskeySignIn";
import { ProxySignIn } from "./ProxySignIn";
import { SignInForm } from "./SignInForm";
import { TelegramSignIn } from "./TelegramSignIn";
import { WayToRegister } from "./WayToRegister";

/**
 * Signing in, wherever one is: the screen of the address follows by itself. `problem`: why a service signed nobody in;
 * `isWaiting`: nothing is wrong, one has to wait; `hasEnded`: the session has ended while one was here.
 */
export function SignInScreen({
  problem,
  isWaiting,
  hasEnded,
}: {
  problem?: string;
  isWaiting?: boolean;
  hasEnded?: boolean;
}) {
  const { t } = useLingui();
  const { data: account, isPending } = useQuery(accountQuery);
  const providers = IN_TELEGRAM ? [] : (account?.providers ?? []); // they show themselves in no frame
  return (
    <AuthCard title={t`Sign in`} text={<Trans>Small habits, honest streaks, reminders that arrive.</Trans>}>
      {problem ? (
        <Alert color={isWaiting ? "pine" : "red"} role="alert">
          {problem}
        </Alert>
      ) : null}
      {hasEnded ? (
        <Alert color="pine" role="status">
          <Trans>
            Your session has ended, perhaps from another device. What you typed into a form is kept on this
            device: sign in, and it is there again.
          </Trans>
        </Alert>
      ) : null}
      {isPending ? (
        <Loading />
      ) : account?.signed_in_by_proxy ? (
        <ProxySignIn />
      ) : (
        <Stack>
          {IN_TELEGRAM ? <TelegramSignIn /> : null}
          <ProviderButtons providers={providers} />
          {account?.passkeys && !IN_TELEGRAM && hasPasskeys() ? <PasskeySignIn /> : null}
          <SignInForm />
          <WayToRegister kind={account?.registration ?? "open"} />
        </Stack>
      )}
    </AuthCard>
  );
}
