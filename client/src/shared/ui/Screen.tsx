import { Group, Title } from "@mantine/core";
import { type ReactNode, useEffect, useRef } from "react";
import classes from "./Screen.module.css";

/** A screen with its title, which is also the document's and gets the focus when one comes from another screen. */
export function Screen({
  title,
  actions,
  children,
  hideTitle = false,
}: {
  title: string;
  actions?: ReactNode;
  children: ReactNode;
  hideTitle?: boolean;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Habit Tracker`;
  }, [title]);
  useEffect(() => {
    if (hasNavigated) heading.current?.focus({ preventScroll: true });
    hasNavigated = true;
  }, []);
  return (
    <>
      <Group justify="space-between" mb="sm" className={hideTitle ? "visually-hidden" : classes.bar}>
        <Title order={1} size="h2" ref={heading} tabIndex={-1}>
          {title}
        </Title>
        {hideTitle ? null : actions}
      </Group>
      {children}
    </>
  );
}

let hasNavigated = false; // the first screen leaves the focus to the browser
