import { type QueryKey, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useNavigate } from "react-router";

/** Return how to leave the screen of what is gone. What is known of it is forgotten once nothing shows it: sooner, and it would be asked for again. */
export function useLeaveGone(queryKey: QueryKey, to: string): () => void {
  const client = useQueryClient();
  const navigate = useNavigate();
  const isGone = useRef(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when the screen is left
  useEffect(
    () => () => {
      if (isGone.current) client.removeQueries({ queryKey });
    },
    [],
  );
  return () => {
    isGone.current = true;
    navigate(to, { replace: true });
  };
}
