import { plural } from "@lingui/core/macro";
import { useLingui } from "@lingui/react/macro";
import { signedInPerson, signOut } from "../shared/api/session";
import { leaveDevice } from "../shared/query/leave";
import { unsentChanges } from "../shared/query/queue";
import { ask } from "../shared/ui/questions";
import { unsubscribeBeforeLeaving } from "./channels/push/subscribing";

/** Return how to sign out. Changes that were not sent do not stay on the device, so they are asked about first. */
export function useSignOut(): () => Promise<void> {
  const { t } = useLingui();
  return async () => {
    const person = signedInPerson();
    if (person === null) return;
    const changes = await unsentChanges(person);
    if (changes) {
      const agreed = await ask({
        title: t`Sign out of this device?`,
        text: plural(changes, {
          one: "# change has not been sent yet, and would be lost.",
          other: "# changes have not been sent yet, and would be lost.",
        }),
        yes: t`Sign out`,
        no: t`Stay signed in`,
        isDangerous: true,
      });
      if (!agreed) return;
    }
    await unsubscribeBeforeLeaving();
    await signOut();
    await leaveDevice(person);
  };
}
