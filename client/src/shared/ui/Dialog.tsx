import { useLingui } from "@lingui/react/macro";
import { Modal, type ModalProps } from "@mantine/core";

/** A dialog whose close button has a name. Use it instead of Mantine's Modal. */
export function Dialog(props: ModalProps) {
  const { t } = useLingui();
  return <Modal closeButtonProps={{ size: 44, "aria-label": t`Close` }} {...props} />;
}
