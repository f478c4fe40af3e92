import { Trans, useLingui } from "@lingui/react/macro";
import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { answered, api } from "../../shared/api/client";
import { usePages } from "../../shared/query/usePages";
import { Answer } from "../../shared/ui/Answer";
import { EmptyState } from "../../shared/ui/EmptyState";
import { PagedList } from "../../shared/ui/PagedList";
import { Section } from "../Section";
import { SettingsScreen } from "../SettingsScreen";
import { tracksQuery } from "../tracks";
import { NewPauseForm } from "./NewPauseForm";
import { PauseRow } from "./PauseRow";

/** Pauses of one habit, and of all. */
export function PausesScreen() {
  const { t } = useLingui();
  const tracks = useQuery(tracksQuery);
  const pauses = usePages(["pauses"], (page) =>
    answered(api.GET("/pauses/", { params: { query: { page } } })),
  );
  return (
    <SettingsScreen title={t`Pauses`}>
      <Text c="dimmed">
        <Trans>During a pause nothing is due, no reminder is sent, and no streak breaks.</Trans>
      </Text>
      <PagedList
        query={pauses}
        label={t`Pauses`}
        empty={
          <EmptyState
            title={<Trans>No pauses.</Trans>}
            text={<Trans>Going away, or ill? Pause below what you cannot do.</Trans>}
          />
        }
      >
        {(pause) => <PauseRow key={pause.id} pause={pause} />}
      </PagedList>
      <Section title={t`New pause`}>
        <Answer query={tracks}>{(found) => <NewPauseForm tracks={found} />}</Answer>
      </Section>
    </SettingsScreen>
  );
}
