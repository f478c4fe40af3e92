import { Trans, useLingui } from "@lingui/react/macro";
import { Anchor, Button, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import { ApiError } from "../../shared/api/ApiError";
import { scheduleText, sentenceText } from "../../shared/habits/words";
import { EmptyState } from "../../shared/ui/EmptyState";
import { LoadFailure } from "../../shared/ui/LoadFailure";
import { Loading } from "../../shared/ui/Loading";
import { Screen } from "../../shared/ui/Screen";
import { trackQuery } from "../queries";
import { Facts } from "./Facts";
import { MonthCalendar } from "./MonthCalendar";
import { Sections } from "./Sections";

/** A habit's page. The id in the address is that of the track. */
export function HabitScreen() {
  const { t } = useLingui();
  const id = Number(useParams().id);
  const { data: track, error, refetch } = useQuery(trackQuery(id));
  if (!track) {
    if (error instanceof ApiError && error.status === 404) return <NoSuchHabit />;
    return error ? <LoadFailure error={error} onRetry={() => void refetch()} /> : <Loading />;
  }
  const { habit, icon, is_own: isOwn } = track;
  const edit = isOwn ? (
    <Button component={Link} to={`/habits/${id}/edit`} variant="default">
      <Trans>Edit</Trans>
    </Button>
  ) : null;
  return (
    <Stack gap="sm">
      <Anchor component={Link} to="/habits" size="sm" w="fit-content" lh="44px">
        {t`All habits`}
      </Anchor>
      <Screen title={`${icon} ${habit.name}`.trim()} actions={edit}>
        <Stack gap="md">
          <div>
            <Text>{sentenceText(habit)}</Text>
            <Group gap="xs">
              <Text size="sm" c="dimmed">
                {scheduleText(habit)}
              </Text>
              {isOwn || !habit.owner ? null : (
                <Text size="sm" c="dimmed">
                  <Trans>by {habit.owner}</Trans>
                </Text>
              )}
            </Group>
            {habit.description ? <Text mt="xs">{habit.description}</Text> : null}
          </div>
          <Facts track={track} />
          <MonthCalendar track={track} />
          <Sections track={track} />
        </Stack>
      </Screen>
    </Stack>
  );
}

function NoSuchHabit() {
  const { t } = useLingui();
  return (
    <Screen title={t`Habit not found`} hideTitle>
      <EmptyState title={<Trans>There is no such habit, or it was deleted.</Trans>}>
        <Button component={Link} to="/habits">
          {t`All habits`}
        </Button>
      </EmptyState>
    </Screen>
  );
}
