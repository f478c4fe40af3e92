import { Trans, useLingui } from "@lingui/react/macro";
import { Anchor, Button, Text } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";
import { answered, api } from "../../shared/api/client";
import { ROOT } from "../../shared/api/site";
import { usePages } from "../../shared/query/usePages";
import { EmptyState } from "../../shared/ui/EmptyState";
import { Once } from "../../shared/ui/Once";
import { PagedList } from "../../shared/ui/PagedList";
import { SettingsScreen } from "../SettingsScreen";
import { KeyRow } from "./KeyRow";

/** Keys for programs that use the API. */
export function KeysScreen() {
  const { t } = useLingui();
  const [successor, setSuccessor] = useState<{ name: string; text: string } | null>(null);
  const keys = usePages(["keys"], (page) => answered(api.GET("/keys/", { params: { query: { page } } })));
  return (
    <SettingsScreen
      title={t`Keys`}
      actions={
        <Button component={Link} to="/me/keys/new">
          <Trans>New key</Trans>
        </Button>
      }
    >
      <Text c="dimmed">
        <Trans>
          A key lets a program use the{" "}
          <Anchor underline="always" href={`${ROOT}swagger/`}>
            API
          </Anchor>{" "}
          for you, as far as you allow.
        </Trans>
      </Text>
      {successor ? (
        <Once text={successor.text} what={t`the new key ${successor.name}`}>
          <Trans>The new key for {successor.name}</Trans>
        </Once>
      ) : null}
      <PagedList
        query={keys}
        label={t`Keys`}
        empty={
          <EmptyState
            title={<Trans>No keys yet.</Trans>}
            text={<Trans>Make one for each program, with as little as it needs.</Trans>}
          />
        }
      >
        {(key) => (
          <KeyRow key={key.id} item={key} onReplaced={(text) => setSuccessor({ name: key.name, text })} />
        )}
      </PagedList>
    </SettingsScreen>
  );
}
