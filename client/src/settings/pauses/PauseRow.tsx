import { Trans, useLingui } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { api } from "../../shared/api/client";
import type { Schema } from "../../shared/api/types";
import { shortDay } from "../../shared/dates/format";
import { useToday } from "../../shared/dates/useToday";
import { useAct } from "../../shared/query/useAct";
import { ask } from "../../shared/ui/questions";
import { Row } from "../../shared/ui/Row";
import { useTrackName } from "../tracks";
import { PAUSE_KEYS } from "./keys";
import { lastDayOfEnded, stateOfPause } from "./state";

type Pause = Schema<"Pause">;

export function PauseRow({ pause }: { pause: Pause }) {
  const { t } = useLingui();
  const today = useToday();
  const nameOf = useTrackName();
  const { act, isBusy } = useAct(...PAUSE_KEYS);
  const { id, track, first_day: first, last_day: last, reason } = pause;
  const name = track === null ? t`All habits` : nameOf(track) || t`A habit`;
  const [from, to] = [shortDay(first), last === null ? "" : shortDay(last)];
  const openSpan = t`From ${from} until you end it`;
  const span = last === null ? openSpan : first === last ? from : t`From ${from} to ${to}`;
  const which = `${name}, ${from}`;
  const state = stateOfPause(pause, today);
  const states = { now: t`Now`, upcoming: t`Upcoming`, over: t`Over` };
  const params = { path: { id } };
  function end() {
    const lastDay = lastDayOfEnded(pause, today);
    return act(
      () =>
        lastDay === null
          ? api.DELETE("/pauses/{id}/", { params })
          : api.PATCH("/pauses/{id}/", { params, body: { last_day: lastDay } }),
      t`Ended: ${name} is due again from today.`,
    );
  }
  async function remove() {
    const agreed = await ask({
      title: t`Delete the pause of ${name}?`,
      text: t`Its days count again, past ones too, which may break a streak. To go on from today, end the pause instead.`,
      yes: t`Delete`,
      isDangerous: true,
    });
    if (agreed) await act(() => api.DELETE("/pauses/{id}/", { params }), t`Deleted: the pause of ${name}.`);
  }
  const why = { manual: "", left: t`You left the habit.`, archived: t`The habit is archived.` }[reason];
  return (
    <Row
      title={name}
      marks={[{ text: states[state], color: state === "now" ? "pine" : "gray" }]}
      lines={[span, why]}
      actions={
        <>
          {state === "now" ? (
            <Button
              variant="default"
              loading={isBusy}
              aria-label={t`End the pause: ${which}`}
              onClick={() => void end()}
            >
              <Trans>End</Trans>
            </Button>
          ) : null}
          <Button variant="subtle" aria-label={t`Delete the pause: ${which}`} onClick={() => void remove()}>
            <Trans>Delete</Trans>
          </Button>
        </>
      }
    />
  );
}
