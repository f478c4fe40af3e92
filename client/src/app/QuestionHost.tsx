import { lazy, Suspense, useState } from "react";
import { useQuestion } from "../shared/ui/questions";

const QuestionDialog = lazy(async () => ({
  default: (await import("../shared/ui/QuestionDialog")).QuestionDialog,
}));

/** The place of dialogs of `ask`, which are loaded with the first question. */
export function QuestionHost() {
  const question = useQuestion();
  const [isNeeded, setIsNeeded] = useState(false);
  if (question && !isNeeded) setIsNeeded(true);
  if (!isNeeded) return null;
  return (
    <Suspense>
      <QuestionDialog question={question} />
    </Suspense>
  );
}
