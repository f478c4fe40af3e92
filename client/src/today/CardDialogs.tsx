import { lazy, Suspense } from "react";
import type { DayEntry } from "../shared/api/types";
import type { DayActions } from "./actions";

export type OpenDialog = "note" | "timer" | null;

const NoteDialog = lazy(async () => ({ default: (await import("./NoteDialog")).NoteDialog }));
const TimerDialog = lazy(async () => ({ default: (await import("./TimerDialog")).TimerDialog }));

export interface DialogProps {
  entry: DayEntry;
  acts: DayActions;
  onClose: () => void;
}

/** The dialogs of a card, which are loaded when they are opened. */
export function CardDialogs({ open, ...props }: DialogProps & { open: OpenDialog }) {
  if (!open) return null;
  return <Suspense>{open === "note" ? <NoteDialog {...props} /> : <TimerDialog {...props} />}</Suspense>;
}
