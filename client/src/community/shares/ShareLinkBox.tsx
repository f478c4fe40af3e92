import { useLingui } from "@lingui/react/macro";
import { Anchor, Button, Group, Stack } from "@mantine/core";
import { answered, api } from "../../shared/api/client";
import { useAction } from "../../shared/query/useAction";
import { LinkToShare } from "../../shared/sharing/LinkToShare";
import { ask } from "../../shared/ui/questions";
import { focusTitle } from "../parts/focus";
import type { ShareLink } from "../types";

const APPS = [
  ["telegram", "Telegram"],
  ["whatsapp", "WhatsApp"],
  ["x", "X"],
  ["facebook", "Facebook"],
] as const;

/** A share link: to copy, to send by an app, to look at, to revoke. */
export function ShareLinkBox({ link }: { link: ShareLink }) {
  const { t } = useLingui();
  const { id, title, url, links } = link;
  const revoking = useAction({
    send: () => answered(api.DELETE("/shares/{id}/", { params: { path: { id } } })),
    changes: () => [["shares"], ["groups"]],
    done: () => t`The link no longer works.`,
    after: focusTitle,
  });
  async function revoke() {
    const isAgreed = await ask({
      title: t`Revoke the link?`,
      text: t`Nobody can open “${title}” any more, also where you have sent it.`,
      yes: t`Revoke`,
      isDangerous: true,
    });
    if (isAgreed) revoking.run();
  }
  return (
    <Stack gap="xs" mt="xs">
      <LinkToShare
        label={t`Link`}
        description={t`Anyone who has it sees this and your username, without signing in.`}
        of={title}
        url={url}
      />
      <Group gap="xs">
        {APPS.map(([app, name]) => (
          <Anchor
            key={app}
            href={links[app]}
            target="_blank"
            rel="noopener noreferrer"
            aria-label={t`Send by ${name}: ${title}`}
            py={11}
            px={4}
          >
            {name}
          </Anchor>
        ))}
        <Anchor
          href={url}
          target="_blank"
          rel="noopener noreferrer"
          aria-label={t`Open: ${title}`}
          py={11}
          px={4}
        >
          {t`Open`}
        </Anchor>
        <Button variant="subtle" color="red" aria-label={t`Revoke: ${title}`} onClick={revoke}>
          {t`Revoke`}
        </Button>
      </Group>
    </Stack>
  );
}
