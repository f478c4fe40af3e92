import { useLingui } from "@lingui/react/macro";
import { useEffect } from "react";
import { useSearchParams } from "react-router";
import { sentenceOfCode } from "../../shared/errors/providers";
import { useLimits } from "../../shared/person/limits";
import { notify } from "../../shared/ui/notices";

/** Say how connecting a service went, which sends the browser back with `?linked=NAME` or `?problem=CODE`. */
export function useComingBack(): void {
  const { t } = useLingui();
  const { account } = useLimits();
  const [given, setGiven] = useSearchParams();
  const linked = given.get("linked");
  const problem = given.get("problem");
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each coming back
  useEffect(() => {
    if (!linked && !problem) return;
    const title = account.providers.find(({ name }) => name === linked)?.title ?? linked;
    if (problem) notify({ kind: "problem", text: sentenceOfCode(problem) });
    else notify({ kind: "done", text: t`Connected: ${title}.` });
    setGiven({}, { replace: true });
  }, [linked, problem]);
}
