import { type PointerEvent, type ReactNode, useRef } from "react";
import classes from "./today.module.css";

const FAR = 90; // pixels to the left that skip
const BEGINS = 12; // pixels after which a movement is a swipe

/** Skips when its content is swiped to the left by touch. Scrolling up and down goes on as usual. */
export function SwipeToSkip({
  children,
  isOff,
  onSkip,
}: {
  children: ReactNode;
  isOff: boolean;
  onSkip: () => void;
}) {
  const box = useRef<HTMLLIElement>(null);
  const start = useRef<{ x: number; y: number } | null>(null);
  const move = (x: number) => box.current?.style.setProperty("--swiped", `${x}px`);
  function onDown(event: PointerEvent) {
    if (!isOff && event.pointerType === "touch") start.current = { x: event.clientX, y: event.clientY };
  }
  function onMove(event: PointerEvent) {
    if (!start.current) return;
    const x = event.clientX - start.current.x;
    if (Math.abs(event.clientY - start.current.y) > Math.abs(x) && x > -BEGINS) start.current = null;
    move(start.current && x < -BEGINS ? Math.max(x, -FAR - 20) : 0);
  }
  function onUp(event: PointerEvent) {
    if (!start.current) return;
    if (event.clientX - start.current.x < -FAR) onSkip();
    start.current = null;
    move(0);
  }
  return (
    <li
      ref={box}
      className={classes.item}
      onPointerDown={onDown}
      onPointerMove={onMove}
      onPointerUp={onUp}
      onPointerCancel={() => {
        start.current = null;
        move(0);
      }}
    >
      {children}
    </li>
  );
}
