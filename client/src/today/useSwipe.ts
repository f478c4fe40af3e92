import { type PointerEvent, useRef } from "react";

const FAR = 50; // pixels

/** Return handlers that call `onSwipe` with -1 for a swipe to the right (back), and 1 for one to the left. */
export function useSwipe(onSwipe: (step: -1 | 1) => void) {
  const start = useRef<{ x: number; y: number } | null>(null);
  return {
    onPointerDown: (event: PointerEvent) => {
      start.current = event.pointerType === "touch" ? { x: event.clientX, y: event.clientY } : null;
    },
    onPointerUp: (event: PointerEvent) => {
      if (!start.current) return;
      const [x, y] = [event.clientX - start.current.x, event.clientY - start.current.y];
      if (Math.abs(x) > FAR && Math.abs(x) > 2 * Math.abs(y)) onSwipe(x > 0 ? -1 : 1);
      start.current = null;
    },
    onPointerCancel: () => {
      start.current = null;
    },
  };
}
