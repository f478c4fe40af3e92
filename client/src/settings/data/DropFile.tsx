import { Trans } from "@lingui/react/macro";
import { Button, FileButton, Text } from "@mantine/core";
import { IconUpload } from "@tabler/icons-react";
import { type DragEvent, useEffect, useRef, useState } from "react";
import classes from "./DropFile.module.css";

/** Where a file is dropped, or chosen by a button. */
export function DropFile({
  onFile,
  onWrong,
}: {
  onFile: (file: File) => void;
  /** Several files, or a folder, were dropped. */
  onWrong: () => void;
}) {
  const [isOver, setIsOver] = useState(false);
  const reset = useRef<() => void>(null);
  useKeptPage();

  function take(file: File | null | undefined) {
    setIsOver(false);
    if (file) onFile(file);
    reset.current?.(); // so that the same file can be chosen again
  }

  function over(event: DragEvent) {
    event.preventDefault();
    setIsOver(true);
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the button in it is what keyboards use
    <div
      className={classes.area}
      data-over={isOver || undefined}
      onDragEnter={over}
      onDragOver={over}
      onDragLeave={() => setIsOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        const { files, items } = event.dataTransfer;
        const isFolder = items[0]?.webkitGetAsEntry()?.isDirectory ?? false;
        if (files.length > 1 || isFolder) {
          setIsOver(false);
          onWrong();
        } else take(files[0]);
      }}
    >
      <IconUpload size={28} stroke={1.5} aria-hidden />
      <Text>
        <Trans>Drop a file here, or</Trans>
      </Text>
      <FileButton resetRef={reset} onChange={take}>
        {(props) => (
          <Button {...props}>
            <Trans>Choose a file</Trans>
          </Button>
        )}
      </FileButton>
    </div>
  );
}

/** A file that is dropped beside the area does not take the place of the page. */
function useKeptPage() {
  useEffect(() => {
    const keep = (event: Event) => event.preventDefault();
    for (const name of ["dragover", "drop"]) addEventListener(name, keep);
    return () => {
      for (const name of ["dragover", "drop"]) removeEventListener(name, keep);
    };
  }, []);
}
