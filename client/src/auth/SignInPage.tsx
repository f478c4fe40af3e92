import { useEffect, useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { signInByTicket } from "../shared/api/session";
import { sentenceOfCode } from "../shared/errors/providers";
import { sentenceOfError } from "../shared/errors/sentences";
import { usePerson } from "../shared/person/usePerson";
import { takePlace } from "../shared/providers/place";
import { Loading } from "../shared/ui/Loading";
import { notify } from "../shared/ui/notices";
import { SignInScreen } from "./SignInScreen";

/** The address of signing in, also for who comes back from another service (?by=NAME, ?problem=CODE). */
export function SignInPage() {
  const [given] = useSearchParams();
  const person = usePerson();
  const code = given.get("problem");
  const [problem, setProblem] = useState(() => (code ? sentenceOfCode(code) : ""));
  const [isComingBack, setIsComingBack] = useState(given.has("by"));
  useEffect(() => {
    if (!isComingBack) return;
    onlyOnce(given.toString(), signInByTicket)
      .catch((error: unknown) => setProblem(sentenceOfError(error)))
      .finally(() => setIsComingBack(false));
  }, [isComingBack, given]);
  if (isComingBack) return <Loading />;
  if (person !== null) return <GoOn problem={problem} />;
  return <SignInScreen problem={problem} isWaiting={code === "waits_for_approval"} />;
}

/** Go to where one was, else to today. */
function GoOn({ problem }: { problem: string }) {
  const navigate = useNavigate();
  // biome-ignore lint/correctness/useExhaustiveDependencies: once
  useEffect(() => {
    if (problem) notify({ kind: "problem", text: problem });
    navigate(takePlace() ?? "/", { replace: true });
  }, []);
  return <Loading />;
}

const begun = new Map<string, Promise<void>>();

/** A ticket is good once, however often the screen is shown. */
function onlyOnce(name: string, work: () => Promise<void>): Promise<void> {
  const found = begun.get(name) ?? work().finally(() => begun.delete(name));
  begun.set(name, found);
  return found;
}
