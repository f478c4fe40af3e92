import { useLingui } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { answered, api } from "../../shared/api/client";
import { useAction } from "../../shared/query/useAction";
import { ask } from "../../shared/ui/questions";

/** Follow a published habit, or stop. It stays the same button, so that it keeps the focus. */
export function FollowButton({
  habit: { id, name },
  track,
}: {
  habit: { id: number; name: string };
  track: number | undefined;
}) {
  const { t } = useLingui();
  const changes = () => [["tracks"], ["track"], ["days"], ["published habits"], ["groups"], ["challenges"]];
  const following = useAction({
    send: () => answered(api.POST("/tracks/", { body: { habit: id } })),
    changes,
    done: () => t`You follow ${name}. It is in your list of today.`,
  });
  const leaving = useAction({
    send: (given: number) => answered(api.DELETE("/tracks/{id}/", { params: { path: { id: given } } })),
    changes,
    done: () => t`You no longer follow ${name}.`,
  });
  async function leave(given: number) {
    const isAgreed = await ask({
      title: t`Stop following “${name}”?`,
      text: t`Its reminders end. Your days are kept: if you follow it again, it goes on from there.`,
      yes: t`Stop following`,
    });
    if (isAgreed) leaving.run(given);
  }
  return (
    <Button
      variant={track ? "default" : "filled"}
      aria-busy={following.isPending || leaving.isPending}
      aria-label={track ? t`Stop following: ${name}` : t`Follow: ${name}`}
      onClick={() => (track ? void leave(track) : following.run())}
    >
      {track ? t`Stop` : t`Follow`}
    </Button>
  );
}
