import { useLingui } from "@lingui/react/macro";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { answered, api } from "../shared/api/client";
import type { DayEntry } from "../shared/api/types";
import classes from "./today.module.css";

const habitQuery = (id: number) =>
  queryOptions({
    queryKey: ["habit", id],
    queryFn: () => answered(api.GET("/habits/{id}/", { params: { path: { id } } })),
    staleTime: 60 * 60_000,
  });

/** What a person gets after a habit is done: its reward, or the pleasant habit that is linked to it. */
export function Reward({ entry }: { entry: DayEntry }) {
  const { t } = useLingui();
  const { reward, linked_habit: linked } = entry.track.habit;
  const pleasant = useQuery({ ...habitQuery(linked ?? 0), enabled: linked !== null }).data;
  const what = reward || pleasant?.name;
  return <span className={classes.parts}>{what ? t`Now: ${what}` : null}</span>;
}
