import { useQueryErrorResetBoundary } from "@tanstack/react-query";
import { useRouteError } from "react-router";
import { ApiError } from "../shared/api/ApiError";
import { LoadFailure } from "../shared/ui/LoadFailure";
import { mayReload } from "./reload";

/** What a screen shows that failed: why, and a button to try again. */
export function ScreenError() {
  const error = useRouteError();
  const { reset } = useQueryErrorResetBoundary();
  if (isGoneChunk(error) && mayReload()) {
    location.reload();
    return null;
  }
  const retry = () => {
    reset();
    location.reload();
  };
  return <LoadFailure error={error} onRetry={retry} />;
}

/** Whether a file of the app is missing: after an upgrade those of the former build are. */
function isGoneChunk(error: unknown): boolean {
  return !(error instanceof ApiError) && error instanceof TypeError && /import|module/i.test(error.message);
}
