import { Trans, useLingui } from "@lingui/react/macro";
import { Combobox, Text, TextInput, useCombobox } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { Dialog } from "../../shared/ui/Dialog";
import { found } from "./found";
import classes from "./palette.module.css";
import { useItems } from "./useItems";

interface Props {
  isOpen: boolean;
  onClose: () => void;
  onKeys: () => void;
}

/** Finds a habit, a screen, or something to do, by what one types. */
export function FindDialog({ isOpen, onClose, onKeys }: Props) {
  const { t } = useLingui();
  return (
    <Dialog
      opened={isOpen}
      onClose={onClose}
      title={t`Find or do`}
      centered={false}
      yOffset="8vh"
      padding="sm"
    >
      <Finder onClose={onClose} onKeys={onKeys} />
    </Dialog>
  );
}

function Finder({ onClose, onKeys }: Omit<Props, "isOpen">) {
  const { t } = useLingui();
  const [text, setText] = useState("");
  const items = useItems(onKeys);
  const shown = useMemo(() => found(items, text), [items, text]);
  const combobox = useCombobox({ opened: true });
  const input = useRef<HTMLInputElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another text selects its first result
  useEffect(() => {
    const first = combobox.selectFirstOption();
    input.current?.setAttribute("aria-activedescendant", first ?? "");
  }, [text, shown.length]);
  function choose(id: string) {
    onClose();
    shown.find((item) => item.id === id)?.run();
  }
  return (
    <Combobox store={combobox} onOptionSubmit={choose}>
      <Combobox.EventsTarget>
        <TextInput
          ref={input}
          data-autofocus
          aria-label={t`Habit, screen, or what to do`}
          placeholder={t`Habit, screen, or what to do`}
          leftSection={<IconSearch size={18} aria-hidden />}
          autoComplete="off"
          value={text}
          onKeyDownCapture={(event) => event.key === "Escape" && onClose()}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      </Combobox.EventsTarget>
      <Combobox.Options mt="xs" aria-label={t`Found`}>
        {shown.map(({ id, label, hint }) => (
          <Combobox.Option value={id} key={id} className={classes.option}>
            <span>{label}</span>
            {hint ? <span className={classes.hint}>{hint}</span> : null}
          </Combobox.Option>
        ))}
      </Combobox.Options>
      <Text size="sm" c="dimmed" role="status" px="xs">
        {shown.length ? null : <Trans>Nothing has this name.</Trans>}
      </Text>
    </Combobox>
  );
}
