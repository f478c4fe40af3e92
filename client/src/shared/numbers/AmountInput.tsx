import { TextInput, type TextInputProps } from "@mantine/core";

/** A field for an amount. It is a text: browsers drop the comma of "0,5" from a number field, and it becomes 5. */
export function AmountInput(props: Omit<TextInputProps, "type" | "inputMode">) {
  return <TextInput inputMode="decimal" autoComplete="off" {...props} />;
}
