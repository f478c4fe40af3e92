import { useQueryClient } from "@tanstack/react-query";
import { persistQueryClientRestore, persistQueryClientSubscribe } from "@tanstack/react-query-persist-client";
import { type ReactNode, useEffect, useState } from "react";
import { KEPT_FOR } from "./client";
import { keepQueue } from "./queue";
import { doubtFresh, storedAnswers } from "./stored";
import { followTabs } from "./tabs";

// Another build may read answers differently, so it begins without them; queued changes are kept.
export const BUILD = import.meta.url;

/** Show `children` once the person's stored answers and queued changes are there; keep both up to date. */
export function PersonalData({ person, children }: { person: string; children: ReactNode }) {
  const client = useQueryClient();
  const [isReady, setIsReady] = useState(false);
  useEffect(() => {
    let isOver = false;
    const stops: (() => void)[] = [followTabs(client)];
    const options = {
      queryClient: client,
      persister: storedAnswers(person),
      maxAge: KEPT_FOR,
      buster: BUILD,
      dehydrateOptions: {
        shouldDehydrateMutation: () => false,
        shouldDehydrateQuery: (query: { state: { status: string }; meta?: { volatile?: boolean } }) =>
          query.state.status === "success" && !query.meta?.volatile,
      },
    };
    async function begin() {
      await persistQueryClientRestore(options).catch(() => {});
      if (isOver) return;
      doubtFresh(client);
      const stopQueue = await keepQueue(client, person).catch(() => () => {});
      if (isOver) return stopQueue();
      stops.push(stopQueue, persistQueryClientSubscribe(options));
      setIsReady(true);
    }
    void begin();
    return () => {
      isOver = true;
      for (const stop of stops) stop();
    };
  }, [client, person]);
  return isReady ? children : null;
}
