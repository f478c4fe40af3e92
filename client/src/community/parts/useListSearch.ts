import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import { useSearchParams } from "react-router";

const PAUSE = 300; // milliseconds after the last key before the server is asked

/** Return what is searched for, and which part of a list is shown: that stays in the address. */
export function useListSearch<Which extends string>(choices: readonly [Which, ...Which[]]) {
  const [params, setParams] = useSearchParams();
  const [words, setWords] = useState("");
  const [name] = useDebouncedValue(words.trim(), PAUSE);
  const which = choices.find((each) => each === params.get("which")) ?? choices[0];
  return {
    words,
    setWords,
    name,
    which,
    setWhich: (value: string) => setParams({ which: value }, { replace: true }),
  };
}
