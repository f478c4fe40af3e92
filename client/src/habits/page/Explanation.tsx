import { useLingui } from "@lingui/react/macro";
import { Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Track } from "../../shared/api/types";
import { LoadFailure } from "../../shared/ui/LoadFailure";
import { Loading } from "../../shared/ui/Loading";
import classes from "../habits.module.css";
import { explanationQuery } from "../queries";

/** The periods that count towards the streak, newest first, each with its reasons, in the words of the server. */
export function Explanation({ track }: { track: Track }) {
  const { t } = useLingui();
  const { data, error, refetch } = useQuery(explanationQuery(track.id));
  if (!data) return error ? <LoadFailure error={error} onRetry={() => void refetch()} /> : <Loading />;
  const { length } = data.periods;
  return (
    <Stack gap="xs">
      <Text>{data.text}</Text>
      <ul className={classes.plain}>
        {data.periods.map((period) => (
          <li key={period.first}>
            <Text size="sm">{period.text}</Text>
            {period.reasons.map((reason) => (
              <Text key={`${reason.code} ${reason.first}`} size="sm" c="dimmed">
                {reason.text}
              </Text>
            ))}
          </li>
        ))}
      </ul>
      {data.count > length ? (
        <Text size="sm" c="dimmed">
          {t`The latest ${length} of ${data.count} are shown.`}
        </Text>
      ) : null}
    </Stack>
  );
}
