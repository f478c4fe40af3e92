import { Trans, useLingui } from "@lingui/react/macro";
import { Button, SegmentedControl, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { EmptyState } from "../shared/ui/EmptyState";
import { LoadFailure } from "../shared/ui/LoadFailure";
import { Loading } from "../shared/ui/Loading";
import { Screen } from "../shared/ui/Screen";
import { HabitRow } from "./HabitRow";
import classes from "./habits.module.css";
import { tracksQuery } from "./queries";

/** All habits of a person, in their own order; the archived ones apart. */
export function HabitsScreen() {
  const { t } = useLingui();
  const [shown, setShown] = useState("active");
  const { data: tracks, error, refetch } = useQuery(tracksQuery(shown === "archived"));
  const create = (
    <Button component={Link} to="/habits/new">
      <Trans>Make a habit</Trans>
    </Button>
  );
  return (
    <Screen title={t`Habits`} actions={create}>
      <Stack>
        <SegmentedControl
          aria-label={t`Which habits`}
          value={shown}
          onChange={setShown}
          data={[
            { value: "active", label: t`Active` },
            { value: "archived", label: t`Archived` },
          ]}
        />
        {tracks ? (
          <ul className={classes.list}>
            {tracks.map((track) => (
              <HabitRow key={track.id} track={track} />
            ))}
          </ul>
        ) : error ? (
          <LoadFailure error={error} onRetry={() => void refetch()} />
        ) : (
          <Loading />
        )}
        {tracks?.length === 0 ? (
          shown === "archived" ? (
            <Text c="dimmed" ta="center">
              <Trans>What you archive is kept here, with its history.</Trans>
            </Text>
          ) : (
            <EmptyState
              title={<Trans>No habits yet.</Trans>}
              text={<Trans>Begin with one small habit: two minutes are enough.</Trans>}
            />
          )
        ) : null}
      </Stack>
    </Screen>
  );
}
