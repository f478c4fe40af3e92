import { Trans, useLingui } from "@lingui/react/macro";
import { Anchor, NativeSelect, Text } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";
import { answered, api } from "../../shared/api/client";
import type { Schema } from "../../shared/api/types";
import { usePages } from "../../shared/query/usePages";
import { EmptyState } from "../../shared/ui/EmptyState";
import { PagedList } from "../../shared/ui/PagedList";
import { SettingsScreen } from "../SettingsScreen";
import { MessageRow } from "./MessageRow";
import { useMessageStates } from "./useMessageWords";

type State = Schema<"Delivery">["state"];

/** The messages that were sent, wait, or failed. */
export function MessagesScreen() {
  const { t } = useLingui();
  const [state, setState] = useState<State | "">("");
  const states = useMessageStates();
  const messages = usePages(["messages", state], (page) =>
    answered(api.GET("/notifications/", { params: { query: { page, ...(state ? { state } : {}) } } })),
  );
  return (
    <SettingsScreen title={t`Messages`}>
      <NativeSelect
        label={t`Which messages`}
        value={state}
        onChange={({ currentTarget }) => setState(currentTarget.value as State | "")}
        data={[
          { value: "", label: t`All` },
          ...Object.entries(states).map(([value, { text }]) => ({ value, label: text })),
        ]}
      />
      <PagedList
        query={messages}
        label={t`Messages`}
        empty={
          <EmptyState
            title={state ? <Trans>No message is in this state.</Trans> : <Trans>No messages yet.</Trans>}
            text={
              state ? undefined : (
                <Text span>
                  <Trans>
                    Give a habit a time, or add a{" "}
                    <Anchor underline="always" component={Link} to="/me/reminders">
                      reminder
                    </Anchor>
                    : what is sent is listed here.
                  </Trans>
                </Text>
              )
            }
          />
        }
      >
        {(message) => <MessageRow key={message.id} message={message} />}
      </PagedList>
    </SettingsScreen>
  );
}
