import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { answered, api } from "../../shared/api/client";
import { usePages } from "../../shared/query/usePages";
import { Answer } from "../../shared/ui/Answer";
import { EmptyState } from "../../shared/ui/EmptyState";
import { PagedList } from "../../shared/ui/PagedList";
import { Section } from "../Section";
import { SettingsScreen } from "../SettingsScreen";
import { tracksQuery } from "../tracks";
import { ActionLinkRow } from "./ActionLinkRow";
import { NewActionLinkForm } from "./NewActionLinkForm";

/** Secret addresses that tick a habit. */
export function ActionLinksScreen() {
  const { t } = useLingui();
  const tracks = useQuery(tracksQuery);
  const links = usePages(["action-links"], (page) =>
    answered(api.GET("/action-links/", { params: { query: { page } } })),
  );
  return (
    <SettingsScreen title={t`Action links`}>
      <Text c="dimmed">
        <Trans>
          A secret address that ticks one habit: for an NFC tag on the bottle, a button, or a shortcut of your
          phone. Anyone who has it can use it, and nothing else.
        </Trans>
      </Text>
      <PagedList
        query={links}
        label={t`Action links`}
        empty={<EmptyState title={<Trans>No links yet.</Trans>} text={<Trans>Make one below.</Trans>} />}
      >
        {(link) => <ActionLinkRow key={link.id} link={link} />}
      </PagedList>
      <Section title={t`New link`}>
        <Answer query={tracks}>
          {(found) =>
            found.length ? (
              <NewActionLinkForm tracks={found} />
            ) : (
              <Button component={Link} to="/habits/new" variant="default" w="fit-content">
                <Trans>Make a habit first</Trans>
              </Button>
            )
          }
        </Answer>
      </Section>
    </SettingsScreen>
  );
}
