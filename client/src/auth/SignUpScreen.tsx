import { Trans, useLingui } from "@lingui/react/macro";
import { Anchor, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useSearchParams } from "react-router";
import { accountQuery } from "../shared/providers/account";
import { Answer } from "../shared/ui/Answer";
import { AuthCard } from "./AuthCard";
import { SignUpForm } from "./SignUpForm";

/** Registering, where everybody can, or those with an invitation (`?invitation=CODE`), or nobody. */
export function SignUpScreen() {
  const { t } = useLingui();
  const [asked] = useSearchParams();
  const account = useQuery(accountQuery);
  return (
    <AuthCard title={t`Register`}>
      <Answer query={account}>
        {({ registration: kind }) =>
          kind === "closed" ? (
            <>
              <Text>
                <Trans>Nobody can sign up here. Ask those who run this service.</Trans>
              </Text>
              <Anchor component={Link} to="/sign-in">
                <Trans>Back to signing in</Trans>
              </Anchor>
            </>
          ) : (
            <SignUpForm needsInvitation={kind === "invitation"} invitation={asked.get("invitation") ?? ""} />
          )
        }
      </Answer>
    </AuthCard>
  );
}
