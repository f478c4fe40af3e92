import { Trans, useLingui } from "@lingui/react/macro";
import { Anchor } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { useMe } from "../../shared/person/me";
import { useEditMe } from "../../shared/person/useEditMe";
import { useAct } from "../../shared/query/useAct";
import { Answer } from "../../shared/ui/Answer";
import { Switched } from "../../shared/ui/Switched";
import { Section } from "../Section";
import { SettingsScreen } from "../SettingsScreen";
import { DigestForm } from "./DigestForm";
import { digestQuery } from "./queries";

/** Reminders by mail, and the weekly summary. */
export function MailScreen() {
  const { t } = useLingui();
  const me = useMe();
  const edit = useEditMe();
  const { act } = useAct(["me"], ["channels"]);
  const digest = useQuery(digestQuery);
  return (
    <SettingsScreen title={t`Mail`}>
      <Section
        title={t`Reminders by mail`}
        text={
          <Trans>
            They go to {me.email} if no channel before mail reaches you. The order is yours:{" "}
            <Anchor component={Link} to="/me/channels">
              channels
            </Anchor>
            .
          </Trans>
        }
      >
        <Switched
          label={t`Remind me by mail, too`}
          checked={me.reminders_by_email}
          onChange={({ currentTarget: { checked } }) =>
            void act(() => edit({ reminders_by_email: checked }), t`Saved.`)
          }
        />
      </Section>
      <Section
        title={t`Weekly summary`}
        text={<Trans>How the week went: success rate, streaks, and a chart.</Trans>}
      >
        <Answer query={digest}>{(found) => <DigestForm digest={found} />}</Answer>
      </Section>
    </SettingsScreen>
  );
}
