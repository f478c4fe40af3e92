import { useLingui } from "@lingui/react/macro";
import { useMemo } from "react";
import { useNavigate } from "react-router";
import { useDestinations } from "../../settings/useDestinations";
import type { Item } from "./found";

/** Return the screens, each with where it is. */
export function useScreens(): Item[] {
  const { t } = useLingui();
  const navigate = useNavigate();
  const settings = useDestinations();
  return useMemo(() => {
    const together = t`Together`;
    const screens: [string, string, string?][] = [
      ["/", t`Today`],
      ["/habits", t`Habits`],
      ["/statistics", t`Statistics`],
      ["/together", together],
      ["/together/challenges", t`Challenges`, together],
      ["/together/groups", t`Groups`, together],
      ["/together/leaderboards", t`Rankings`, together],
      ["/together/achievements", t`Achievements`, together],
      ["/together/discover", t`Discover`, together],
      ["/together/shares", t`Share`, together],
      ["/me", t`Me`],
      ...settings.flatMap(({ destinations }) =>
        destinations.map(({ to, name, text }): [string, string, string] => [to, name, text]),
      ),
    ];
    return screens.map(([to, label, hint]) => ({
      id: to,
      label,
      ...(hint ? { hint } : {}),
      run: () => void navigate(to),
    }));
  }, [t, navigate, settings]);
}
