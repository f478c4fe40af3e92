import { useMutationState } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { usePerson } from "../person/usePerson";
import { followElsewhere, isWaiting } from "./queue";

/** Return how many changes of the person the server does not have yet: of this tab, and of others. */
export function useWaiting(): number {
  const person = usePerson();
  const here = useMutationState({ filters: { predicate: isWaiting }, select: () => 1 }).length;
  const [elsewhere, setElsewhere] = useState(0);
  useEffect(() => (person === null ? setElsewhere(0) : followElsewhere(person, setElsewhere)), [person]);
  return here + elsewhere;
}
