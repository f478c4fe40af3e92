import { type KeyboardEvent, type PointerEvent, useRef, useState } from "react";

/** Return the items with the one at `from` moved to `to`. */
export function moved<Item>(items: Item[], from: number, to: number): Item[] {
  const rest = items.filter((_, index) => index !== from);
  return [...rest.slice(0, to), ...items.slice(from, from + 1), ...rest.slice(to)];
}

/**
 * Rows that are dragged by a handle, or moved by the arrow keys. `height`: pixels of a row with the gap below it; `onMove`
 * gets the places before and after. Return the properties of the handle and of the row at a place.
 */
export function useOrdering(count: number, height: number, onMove: (from: number, to: number) => void) {
  const [held, setHeld] = useState<{ place: number; dy: number } | null>(null);
  const grip = useRef(0);

  function move(from: number, by: number) {
    const to = Math.max(0, Math.min(count - 1, from + by));
    if (to !== from) onMove(from, to);
  }

  const handle = (place: number) => ({
    onKeyDown: (event: KeyboardEvent) => {
      const by = { ArrowUp: -1, ArrowDown: 1, Home: -count, End: count }[event.key];
      if (!by) return;
      event.preventDefault();
      move(place, by);
    },
    onPointerDown: (event: PointerEvent<HTMLButtonElement>) => {
      event.currentTarget.setPointerCapture(event.pointerId);
      grip.current = event.clientY;
      setHeld({ place, dy: 0 });
    },
    onPointerMove: (event: PointerEvent) =>
      held?.place === place && setHeld({ place, dy: event.clientY - grip.current }),
    onPointerUp: () => {
      if (held) move(held.place, Math.round(held.dy / height));
      setHeld(null);
    },
    onPointerCancel: () => setHeld(null),
  });

  const row = (place: number) =>
    held?.place === place
      ? { "data-held": true, style: { transform: `translateY(${held.dy}px)` } }
      : { "data-held": undefined, style: undefined };

  return { handle, row };
}
