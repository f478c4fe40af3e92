import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Stack, Text, Title } from "@mantine/core";
import { LinkToShare } from "../../shared/sharing/LinkToShare";
import { ask } from "../../shared/ui/questions";
import { type Invitable, invitationUrl } from "./invitations";

/** The link by which people join, and a button that replaces it. */
export function Invitation({
  kind,
  name,
  code,
  onRenew,
}: {
  kind: Invitable;
  name: string;
  code: string;
  onRenew: () => void;
}) {
  const { t } = useLingui();
  async function renew() {
    const isAgreed = await ask({
      title: t`Make a new link?`,
      text: t`The link and the code that you have sent will no longer work.`,
      yes: t`Make a new link`,
    });
    if (isAgreed) onRenew();
  }
  return (
    <Stack component="section" gap="xs">
      <Title order={2} size="h4">
        <Trans>Invite people</Trans>
      </Title>
      <LinkToShare label={t`Invitation link`} of={name} url={invitationUrl(kind, code)} />
      <Text size="sm" c="dimmed">
        <Trans>Anyone who has it can join. The code alone: {code}</Trans>
      </Text>
      <Button variant="subtle" px={0} onClick={renew} style={{ alignSelf: "flex-start" }}>
        <Trans>Make a new link</Trans>
      </Button>
    </Stack>
  );
}
