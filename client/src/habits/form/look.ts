import { api } from "../../shared/api/client";
import type { Schema, Track } from "../../shared/api/types";
import type { Colour } from "../../shared/ui/colours";

/** How a person's own list shows a habit. It belongs to the track, so of a habit of another it can be chosen as well. */
export type Look = { colour: Colour; icon: string; tags: string[] };

export const NO_LOOK: Look = { colour: "", icon: "", tags: [] };

export function lookOf({ colour, icon, tags }: Track): Look {
  return { colour, icon, tags: [...tags] };
}

/** Return what of a look is another than before, as the API takes it; null if nothing is. */
export function changedLook(look: Look, before: Look): Schema<"TrackEdit"> | null {
  const change: Schema<"TrackEdit"> = {};
  if (look.colour !== before.colour) change.colour = look.colour;
  if (look.icon.trim() !== before.icon) change.icon = look.icon.trim();
  if (look.tags.join("\n") !== before.tags.join("\n")) change.tags = look.tags;
  return Object.keys(change).length ? change : null;
}

export async function saveLook(track: number, look: Look, before: Look): Promise<void> {
  const body = changedLook(look, before);
  if (body) await api.PATCH("/tracks/{id}/", { params: { path: { id: track } }, body });
}
