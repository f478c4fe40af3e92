import { Trans } from "@lingui/react/macro";
import type { ReactNode } from "react";
import { ApiError } from "../api/ApiError";
import { EmptyState } from "./EmptyState";
import { LoadFailure } from "./LoadFailure";
import { Loading } from "./Loading";

interface Query<Data> {
  data: Data | undefined;
  error: Error | null;
  fetchStatus: "fetching" | "paused" | "idle";
  /** The data are those of what was asked for before. */
  isPlaceholderData?: boolean;
  refetch: () => unknown;
}

/** What a query has found; until then, or if it fails, what is going on. What is gone is not shown from the device. */
export function Awaited<Data>({
  query: { data, error, fetchStatus, isPlaceholderData, refetch },
  children,
}: {
  query: Query<Data>;
  children: (data: Data) => ReactNode;
}) {
  const isGone = error instanceof ApiError && error.status === 404;
  const isOfBefore = isPlaceholderData && fetchStatus === "paused";
  if (data !== undefined && !isGone && !isOfBefore) return children(data);
  if (error) return <LoadFailure error={error} onRetry={() => void refetch()} />;
  if (fetchStatus !== "paused") return <Loading />;
  return (
    <EmptyState
      title={<Trans>You are offline.</Trans>}
      text={<Trans>This is shown as soon as the network is back.</Trans>}
    />
  );
}
