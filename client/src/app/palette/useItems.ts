import { useLingui } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useNavigate } from "react-router";
import { tracksQuery } from "../../habits/queries";
import { useSignOut } from "../../settings/useSignOut";
import { useToday } from "../../shared/dates/useToday";
import { useKnownLimits } from "../../shared/person/limits";
import { useDay } from "../../today/useDay";
import type { Item } from "./found";
import { useScreens } from "./useScreens";
import { useTicks } from "./useTicks";

/** Return all that can be found: what is left to do today, what one can do at any time, screens, and habits. */
export function useItems(onKeys: () => void): Item[] {
  const { t } = useLingui();
  const navigate = useNavigate();
  const today = useToday();
  const ticks = useTicks(useDay(today).entries);
  const screens = useScreens();
  const tracks = useQuery(tracksQuery(false)).data;
  const signOut = useSignOut();
  const isByProxy = useKnownLimits()?.account.signed_in_by_proxy ?? true;
  return useMemo(() => {
    const others: Item[] = [
      { id: "new", label: t`New habit`, run: () => navigate("/habits/new") },
      { id: "templates", label: t`Templates`, run: () => navigate("/habits/templates") },
      { id: "keys", label: t`Keyboard`, hint: "?", run: onKeys },
    ];
    if (!isByProxy) others.push({ id: "sign-out", label: t`Sign out`, run: () => void signOut() });
    const habits = (tracks ?? []).map(({ id, habit, icon }) => ({
      id: `habit ${id}`,
      label: icon ? `${icon} ${habit.name}` : habit.name,
      hint: t`Habit`,
      run: () => navigate(`/habits/${id}`),
    }));
    return [...ticks, ...others, ...screens, ...habits];
  }, [ticks, screens, tracks, isByProxy, t, navigate, onKeys, signOut]);
}
