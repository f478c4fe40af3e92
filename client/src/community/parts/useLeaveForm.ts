import { useEffect, useState } from "react";
import { useNavigate } from "react-router";

/** Return whether a form counts as sent, and how to leave it for a path then, without being asked. */
export function useLeaveForm(): [isSent: boolean, leaveFor: (path: string) => void] {
  const navigate = useNavigate();
  const [path, setPath] = useState<string | null>(null);
  useEffect(() => {
    if (path) navigate(path, { replace: true });
  }, [path, navigate]);
  return [path !== null, setPath];
}
