import { useLingui } from "@lingui/react/macro";
import { Group, NativeSelect, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";

/** A search by name, and which part of a list is shown. */
export function SearchRow({
  words,
  onWords,
  which,
}: {
  words: string;
  onWords: (words: string) => void;
  which?: {
    label: string;
    value: string;
    choices: { value: string; label: string }[];
    onChange: (value: string) => void;
  };
}) {
  const { t } = useLingui();
  return (
    <Group gap="xs" mb="sm" role="search">
      <TextInput
        type="search"
        aria-label={t`Find by name`}
        placeholder={t`Find by name`}
        leftSection={<IconSearch size={18} aria-hidden />}
        value={words}
        onChange={(event) => onWords(event.currentTarget.value)}
        flex="1 1 120px"
      />
      {which ? (
        <NativeSelect
          size="md"
          aria-label={which.label}
          data={which.choices}
          value={which.value}
          onChange={(event) => which.onChange(event.currentTarget.value)}
        />
      ) : null}
    </Group>
  );
}
