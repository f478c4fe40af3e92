import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Group, Stack, TextInput, Title } from "@mantine/core";
import { useState } from "react";
import { useNavigate } from "react-router";
import { codeIn, type Invitable } from "./invitations";

/** Where to enter an invitation; what it is for is shown before one joins. */
export function CodeForm({ kind }: { kind: Invitable }) {
  const { t } = useLingui();
  const navigate = useNavigate();
  const [text, setText] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  return (
    <Stack
      component="form"
      gap="xs"
      mt="xl"
      onSubmit={(event) => {
        event.preventDefault();
        const code = codeIn(text);
        if (code) navigate(`/together/${kind}/join/${encodeURIComponent(code)}`);
        else setProblem(t`Enter the code or the link that you got.`);
      }}
    >
      <Title order={2} size="h4">
        <Trans>Were you invited?</Trans>
      </Title>
      <Group align="flex-start" gap="xs">
        <TextInput
          aria-label={t`Invitation code or link`}
          placeholder={t`Invitation code or link`}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={500}
          value={text}
          error={problem}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setProblem(null);
          }}
          flex="1 1 180px"
        />
        <Button type="submit" variant="default">
          <Trans>Look at it</Trans>
        </Button>
      </Group>
    </Stack>
  );
}
