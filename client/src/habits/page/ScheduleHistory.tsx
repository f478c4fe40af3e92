import { useLingui } from "@lingui/react/macro";
import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Track } from "../../shared/api/types";
import { shortDay } from "../../shared/dates/format";
import { scheduleText } from "../../shared/habits/words";
import { LoadFailure } from "../../shared/ui/LoadFailure";
import { Loading } from "../../shared/ui/Loading";
import classes from "../habits.module.css";
import { schedulesQuery } from "../queries";

/** The schedules of a habit with their first days, newest first. */
export function ScheduleHistory({ track }: { track: Track }) {
  const { t } = useLingui();
  const { data, error, refetch } = useQuery(schedulesQuery(track.habit.id));
  if (!data) return error ? <LoadFailure error={error} onRetry={() => void refetch()} /> : <Loading />;
  return (
    <ul className={classes.plain}>
      {data.toReversed().map((version) => (
        <li key={version.starts_on ?? ""}>
          <Text>{scheduleText(version)}</Text>
          <Text size="sm" c="dimmed">
            {version.starts_on ? t`since ${shortDay(version.starts_on)}` : t`from the beginning`}
          </Text>
        </li>
      ))}
    </ul>
  );
}
