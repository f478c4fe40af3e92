import { useLingui } from "@lingui/react/macro";
import { Kbd } from "@mantine/core";
import { Fragment } from "react";
import { Dialog } from "../../shared/ui/Dialog";
import classes from "./palette.module.css";

/** The keys, besides those that every page has. */
export function KeysDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { t } = useLingui();
  const control = /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘" : "Ctrl";
  const keys: [string[], string][] = [
    [[control, "K"], t`Find a habit or a screen, or do something`],
    [["?"], t`This list`],
    [["←", "→"], t`In the strip of days: another day`],
    [["↑", "↓"], t`On the handle of a habit, while ordering: move it`],
    [["Tab"], t`To the next control; the first one skips to the content`],
    [["Enter"], t`Press what has the focus`],
    [["Esc"], t`Close a dialog or a menu`],
  ];
  return (
    <Dialog opened={isOpen} onClose={onClose} title={t`Keyboard`}>
      <dl className={classes.keys}>
        {keys.map(([pressed, what]) => (
          <Fragment key={what}>
            <dt>
              {pressed.map((key) => (
                <Kbd key={key} mr={4}>
                  {key}
                </Kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </Fragment>
        ))}
      </dl>
    </Dialog>
  );
}
