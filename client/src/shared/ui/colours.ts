import type { Track } from "../api/types";

export type Colour = Track["colour"];

const SHADES: Record<Exclude<Colour, "">, string> = {
  red: "#d9544f",
  orange: "#d9772b",
  amber: "#c98a16",
  yellow: "#b59a10",
  lime: "#7c9a23",
  green: "#3f9558",
  teal: "#2b8f85",
  sky: "#2f8fbd",
  blue: "#4a76d0",
  violet: "#7f63c9",
  pink: "#c65a95",
  grey: "#7d7a75",
};

/** Return a habit's own colour, for rings, heatmaps and charts; the accent colour if it has none. */
export function colourOf(colour: Colour): string {
  return colour ? SHADES[colour] : "var(--mantine-primary-color-filled)";
}
