import { plural } from "@lingui/core/macro";
import { useLingui } from "@lingui/react/macro";
import { Badge } from "@mantine/core";
import { useEffect, useState } from "react";
import { useWaiting } from "../shared/query/useWaiting";

const PATIENCE = 2_000; // milliseconds: what is sent sooner is not worth a word

/** How many changes the server does not have yet; nothing while they go out as usual. */
export function WaitingCount() {
  const { t } = useLingui();
  const count = useWaiting();
  const [isLong, setIsLong] = useState(false);
  const isWaiting = count > 0;
  useEffect(() => {
    if (!isWaiting) return setIsLong(false);
    const timer = setTimeout(() => setIsLong(true), navigator.onLine ? PATIENCE : 0);
    return () => clearTimeout(timer);
  }, [isWaiting]);
  if (!isWaiting || !isLong) return null;
  return (
    <Badge
      role="status"
      color="gray"
      variant="light"
      size="lg"
      tt="none"
      title={t`They are sent when the server can be reached.`}
    >
      {plural(count, { one: "# change waits", other: "# changes wait" })}
    </Badge>
  );
}
