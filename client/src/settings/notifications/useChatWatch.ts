import { useLingui } from "@lingui/react/macro";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { meQuery, useMe } from "../../shared/person/me";
import { notify } from "../../shared/ui/notices";

const EVERY = 5_000; // milliseconds between two looks
const AT_MOST = 180_000;

/** Return a function that begins to look, for three minutes, whether the chat has been connected in Telegram. */
export function useChatWatch(): () => void {
  const { t } = useLingui();
  const client = useQueryClient();
  const chat = JSON.stringify(useMe().telegram);
  const [until, setUntil] = useState(0);
  const before = useRef(chat);
  useEffect(() => {
    if (!until) return;
    const timer = setInterval(() => {
      if (Date.now() > until) return setUntil(0);
      if (document.visibilityState === "visible") {
        void client.invalidateQueries({ queryKey: meQuery.queryKey });
      }
    }, EVERY);
    return () => clearInterval(timer);
  }, [client, until]);
  useEffect(() => {
    if (until && chat !== before.current) {
      setUntil(0);
      notify({ kind: "done", text: t`The chat's state has changed.` });
    }
    before.current = chat;
  }, [chat, until, t]);
  return () => setUntil(Date.now() + AT_MOST);
}
