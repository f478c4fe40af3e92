import { Trans, useLingui } from "@lingui/react/macro";
import { Anchor, Button, Group, NativeSelect, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { answered, api } from "../../shared/api/client";
import { useAction } from "../../shared/query/useAction";
import { sharesQuery } from "../shares/queries";
import type { Team } from "../types";

/** Where a member shows the group one of their share links. */
export function PostLink({ group }: { group: Team }) {
  const { t } = useLingui();
  const { data: shares } = useQuery(sharesQuery);
  const [chosen, setChosen] = useState("");
  const links = (shares ?? [])
    .filter((link) => link.is_live)
    .map(({ id, title }) => ({ value: String(id), label: title }));
  const link = links.find(({ value }) => value === chosen)?.value ?? links[0]?.value;
  const posting = useAction({
    send: (share: number) =>
      answered(
        api.POST("/groups/{group_id}/feed/", {
          params: { path: { group_id: group.id } },
          body: { share },
        }),
      ),
    changes: () => [["groups", group.id, "news"]],
    done: () => t`The group sees it now. Revoke the link to take it back.`,
  });
  if (!shares) return null;
  if (link === undefined) {
    return (
      <Text size="sm" c="dimmed">
        <Trans>
          To show the group an achievement or a streak,{" "}
          <Anchor component={Link} to="/together/shares" underline="always">
            make a share link
          </Anchor>{" "}
          first.
        </Trans>
      </Text>
    );
  }
  return (
    <Group align="flex-end" gap="xs">
      <NativeSelect
        size="md"
        label={t`Show the group`}
        data={links}
        value={link}
        onChange={(event) => setChosen(event.currentTarget.value)}
        flex="1 1 200px"
      />
      <Button variant="default" aria-busy={posting.isPending} onClick={() => posting.run(Number(link))}>
        <Trans>Post</Trans>
      </Button>
    </Group>
  );
}
