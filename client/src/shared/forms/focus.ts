import { useEffect, useState } from "react";

/** Return how to focus the first field with an error: call it together with setting the errors. */
export function useFocusFirstError(): () => void {
  const [refusals, setRefusals] = useState(0);
  // An effect, since a slow device shows the errors frames later.
  useEffect(() => {
    if (refusals) {
      document.querySelector<HTMLElement>('[aria-invalid="true"], [role="alert"][tabindex]')?.focus();
    }
  }, [refusals]);
  return () => setRefusals((number) => number + 1);
}
