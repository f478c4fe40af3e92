import { useLingui } from "@lingui/react/macro";
import { Button, Group, Text } from "@mantine/core";
import { useState } from "react";
import { Dialog } from "./Dialog";
import type { AskedQuestion } from "./questions";

/** The dialog of `ask`. What is safe has the focus. */
export function QuestionDialog({ question }: { question: AskedQuestion | null }) {
  const { t } = useLingui();
  const [shown, setShown] = useState(question);
  if (question && question !== shown) setShown(question); // keep the text while the dialog closes
  const answer = (yes: boolean) => question?.answer(yes);
  return (
    <Dialog opened={question !== null} onClose={() => answer(false)} title={shown?.title}>
      <Text size="sm" mb="md">
        {shown?.text}
      </Text>
      <Group justify="flex-end">
        <Button variant="default" onClick={() => answer(false)} data-autofocus>
          {shown?.no ?? t`Cancel`}
        </Button>
        <Button color={shown?.isDangerous ? "red" : undefined} onClick={() => answer(true)}>
          {shown?.yes}
        </Button>
      </Group>
    </Dialog>
  );
}
