import type { Plugin } from "vite";

export function styles(): Plugin;
export function layers(): string[];
