import type { ComponentType } from "react";
import { loadTexts } from "./texts/language";

/** Return `lazy` of a route: the screen's file and the texts of its feature are loaded when it is opened. */
export function screen(feature: string, load: () => Promise<ComponentType>) {
  return async () => {
    const [Component] = await Promise.all([load(), loadTexts(feature)]);
    return { Component };
  };
}
