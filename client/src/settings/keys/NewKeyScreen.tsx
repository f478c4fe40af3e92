import { Trans, useLingui } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";
import { ROOT } from "../../shared/api/site";
import type { Schema } from "../../shared/api/types";
import { CopyText, Once } from "../../shared/ui/Once";
import { Section } from "../Section";
import { SettingsScreen } from "../SettingsScreen";
import { NewKeyForm } from "./NewKeyForm";

/** Making a key, and the key itself, once. */
export function NewKeyScreen() {
  const { t } = useLingui();
  const [made, setMade] = useState<Schema<"CreatedKey"> | null>(null);
  return (
    <SettingsScreen title={t`New key`} back={{ to: "/me/keys", name: t`Keys` }}>
      {made ? <MadeKey made={made} /> : <NewKeyForm onMade={setMade} />}
    </SettingsScreen>
  );
}

function MadeKey({ made }: { made: Schema<"CreatedKey"> }) {
  const { t } = useLingui();
  const { name } = made.key;
  const agent = {
    mcpServers: {
      habits: {
        type: "http",
        url: `${location.origin}${ROOT}api/agents/mcp/`,
        headers: { Authorization: `Bearer ${made.text}` },
      },
    },
  };
  return (
    <>
      <Once text={made.text} what={t`the key ${name}`}>
        <Trans>The key for {name}</Trans>
      </Once>
      <Section
        title={t`For an AI agent`}
        text={<Trans>Enter this in its settings, if it speaks the Model Context Protocol:</Trans>}
      >
        <CopyText text={JSON.stringify(agent, null, 2)} what={t`settings of the agent`} />
      </Section>
      <Button component={Link} to="/me/keys" variant="default" w="fit-content">
        <Trans>I have copied it</Trans>
      </Button>
    </>
  );
}
