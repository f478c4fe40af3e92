import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { useLocation, useNavigate } from "react-router";
import { onSessionChange } from "../shared/api/session";
import { usePerson } from "../shared/person/usePerson";
import { takePlace } from "../shared/providers/place";
import { PersonalData } from "../shared/query/PersonalData";
import { loadTexts } from "../shared/texts/language";
import { Loading } from "../shared/ui/Loading";
import { Shell } from "./Shell";
import { useRenewedPush } from "./useRenewedPush";

const SignInScreen = lazy(async () => {
  const [{ SignInScreen: found }] = await Promise.all([import("../auth/SignInScreen"), loadTexts("auth")]);
  return { default: found };
});

/**
 * The screens of a person. While nobody is signed in, signing in takes their place without leaving the address: after it
 * one is where one was, with drafts and queued changes.
 */
export function PersonalLayout() {
  const person = usePerson();
  useRenewedPush(person);
  useGoOn(person);
  const hasEnded = useHasEnded();
  if (person === null) {
    return (
      <Suspense fallback={<Loading />}>
        <SignInScreen hasEnded={hasEnded} />
      </Suspense>
    );
  }
  return (
    <PersonalData key={person} person={person}>
      <Shell />
    </PersonalData>
  );
}

/** Return whether a session has ended here that its person did not end here. */
function useHasEnded(): boolean {
  const [hasEnded, setHasEnded] = useState(false);
  useEffect(() => onSessionChange((end) => setHasEnded(end === "expired")), []);
  return hasEnded;
}

/** Go on at the remembered place when one signs in at the first screen, as the page behind a mailed link leads there. */
function useGoOn(person: string | null) {
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const wasNobody = useRef(person === null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when somebody signs in
  useEffect(() => {
    if (person === null) {
      wasNobody.current = true;
      return;
    }
    const place = takePlace(); // also where one need not go there: it is old from now on
    if (place && wasNobody.current && pathname === "/") navigate(place, { replace: true });
    wasNobody.current = false;
  }, [person]);
}
