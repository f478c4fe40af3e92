import { useEffect } from "react";
import { onSessionChange } from "../shared/api/session";

/** Where the person has turned messages on in this browser, see that its subscription is of the session of now. */
export function useRenewedPush(person: string | null): void {
  useEffect(() => {
    if (person === null) return;
    renewFor(person);
    return onSessionChange((end) => {
      if (end === null) renewFor(person);
    });
  }, [person]);
}

function renewFor(person: string): void {
  if (!localStorage.getItem(`habits.push ${person}`)) return;
  void import("../settings/channels/push/subscribing").then(({ renew }) => renew()).catch(() => {});
}
