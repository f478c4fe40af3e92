import { useEffect, useState } from "react";

/** Return a function to call when a form was sent; what it is given is done once the form is no longer changed. */
export function useAfterSending(isSending: boolean) {
  const [next, setNext] = useState<{ run: () => void } | null>(null);
  useEffect(() => {
    if (!next || isSending) return;
    setNext(null);
    next.run();
  }, [next, isSending]);
  return (run: () => void) => setNext({ run });
}
