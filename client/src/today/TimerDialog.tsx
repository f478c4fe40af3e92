import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Group, RingProgress, Text } from "@mantine/core";
import { useEffect, useState } from "react";
import { Dialog } from "../shared/ui/Dialog";
import type { DialogProps } from "./CardDialogs";

/** A timer for as long as the habit takes; at its end the day is marked. */
export function TimerDialog({ entry, acts, onClose }: DialogProps) {
  const { t } = useLingui();
  const seconds = entry.track.habit.duration ?? 120;
  const left = useCountdown(seconds, () => {
    acts.complete();
    navigator.vibrate?.(200);
    onClose();
  });
  const { name } = entry.track.habit;
  const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  return (
    <Dialog opened onClose={onClose} title={name} closeOnClickOutside={false}>
      <Group justify="center">
        <RingProgress
          size={180}
          thickness={10}
          roundCaps
          sections={[{ value: (100 * (seconds - left)) / seconds, color: "pine" }]}
          label={
            <Text ta="center" size="xl" fw={650} role="timer" aria-label={t`Time left`}>
              {clock}
            </Text>
          }
        />
      </Group>
      <Text ta="center" c="dimmed" size="sm">
        <Trans>The day is marked as done when the time is over.</Trans>
      </Text>
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={onClose} data-autofocus>
          <Trans>Stop</Trans>
        </Button>
      </Group>
    </Dialog>
  );
}

/** Return the whole seconds that are left, and call `onEnd` once at the end. A sleeping device does not stop the time. */
function useCountdown(seconds: number, onEnd: () => void): number {
  const [end] = useState(() => Date.now() + seconds * 1000);
  const [left, setLeft] = useState(seconds);
  useEffect(() => {
    const timer = setInterval(() => setLeft(Math.max(0, Math.ceil((end - Date.now()) / 1000))), 250);
    return () => clearInterval(timer);
  }, [end]);
  const isOver = left === 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only its end matters
  useEffect(() => {
    if (isOver) onEnd();
  }, [isOver]);
  return left;
}
