import { useLingui } from "@lingui/react/macro";
import { Button, Group, TextInput } from "@mantine/core";
import { IconCopy, IconShare } from "@tabler/icons-react";
import { useRef } from "react";
import { notify } from "../ui/notices";
import { copy, shareOrCopy } from "./share";

/** A link to copy or share. `of` makes the names of its controls unique: what it is a link to. */
export function LinkToShare({
  label,
  description,
  of,
  url,
}: {
  label: string;
  description?: string;
  of: string;
  url: string;
}) {
  const { t } = useLingui();
  const field = useRef<HTMLInputElement>(null);

  function say(isCopied: boolean) {
    if (!isCopied) field.current?.select();
    notify(
      isCopied
        ? { kind: "done", text: t`Copied.` }
        : {
            kind: "problem",
            text: t`Your browser does not allow copying. The text is selected: copy it yourself.`,
          },
    );
  }

  async function share() {
    const result = await shareOrCopy({ title: of, url });
    if (result === "copied" || result === "failed") say(result === "copied");
  }

  return (
    <Group align="flex-end" gap="xs">
      <TextInput
        ref={field}
        label={label}
        description={description}
        aria-label={`${label}: ${of}`}
        value={url}
        readOnly
        flex="1 1 220px"
        onFocus={(event) => event.currentTarget.select()}
      />
      <Button
        variant="default"
        leftSection={<IconCopy size={18} aria-hidden />}
        aria-label={t`Copy: ${of}`}
        onClick={async () => say(await copy(url))}
      >
        {t`Copy`}
      </Button>
      {"share" in navigator ? (
        <Button
          leftSection={<IconShare size={18} aria-hidden />}
          aria-label={t`Share: ${of}`}
          onClick={share}
        >
          {t`Share`}
        </Button>
      ) : null}
    </Group>
  );
}
