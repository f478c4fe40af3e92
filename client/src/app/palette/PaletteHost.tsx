import { lazy, Suspense, useEffect, useState } from "react";
import { loadTexts } from "../../shared/texts/language";

const FindDialog = lazy(async () => {
  const [{ FindDialog: found }] = await Promise.all([import("./FindDialog"), loadTexts("settings")]);
  return { default: found };
});
const KeysDialog = lazy(async () => ({ default: (await import("./KeysDialog")).KeysDialog }));

type Shown = "find" | "keys" | null;

/** Ctrl-K finds a habit, a screen, or something to do; "?" lists the keys. Loaded when first asked for. */
export function PaletteHost() {
  const [shown, setShown] = useState<Shown>(null);
  const [needed, setNeeded] = useState<Shown[]>([]);
  function show(next: Shown) {
    setShown(next);
    if (next) setNeeded((before) => [...before, next]);
  }
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const asked = shortcutOf(event);
      if (!asked) return;
      event.preventDefault();
      setShown((now) => (now === asked ? null : asked));
      setNeeded((before) => [...before, asked]);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  return (
    <Suspense>
      {needed.includes("find") ? (
        <FindDialog isOpen={shown === "find"} onClose={() => setShown(null)} onKeys={() => show("keys")} />
      ) : null}
      {needed.includes("keys") ? (
        <KeysDialog isOpen={shown === "keys"} onClose={() => setShown(null)} />
      ) : null}
    </Suspense>
  );
}

/** Return what a key asks for. `code` is the key's place: Ctrl-K is there on a Russian keyboard as well. */
export function shortcutOf(event: KeyboardEvent): Shown {
  const isFind =
    (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.code === "KeyK";
  if (isFind) return "find";
  const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
  return isPlain &&
    (event.key === "?" || (event.key === "," && event.code === "Slash")) &&
    !isTyping(event.target)
    ? "keys"
    : null;
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName))
  );
}
