import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { clientError } from "../api/ApiError";
import { LoadFailure } from "./LoadFailure";
import { Loading } from "./Loading";

/** What a query has answered, in `children`; else that it loads, failed, or that there is no network. */
export function Answer<Data>({
  query,
  children,
}: {
  query: UseQueryResult<Data>;
  children: (data: Data) => ReactNode;
}) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  const retry = () => void query.refetch();
  if (query.isError) return <LoadFailure error={query.error} onRetry={retry} />;
  if (query.fetchStatus === "paused")
    return <LoadFailure error={clientError(0, "offline")} onRetry={retry} />;
  return <Loading />;
}
