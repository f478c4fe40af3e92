import type { ReactNode } from "react";
import { Screen } from "../../shared/ui/Screen";
import { TogetherNav } from "./TogetherNav";

/** A part of Together: its title, what can be made, and the way to the other parts. */
export function TogetherScreen({
  title,
  actions,
  children,
}: {
  title: string;
  actions?: ReactNode;
  children: ReactNode;
}) {
  return (
    <Screen title={title} actions={actions}>
      <TogetherNav />
      {children}
    </Screen>
  );
}
