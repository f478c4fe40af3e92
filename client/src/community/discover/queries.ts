import { answered, api } from "../../shared/api/client";
import type { Page } from "../../shared/query/pages";
import type { PublicHabit } from "../types";

export type Kind = "useful" | "pleasant";

export const publicHabitsKey = (kind: Kind, name: string) => ["published habits", kind, name];

export function readPublicHabits(kind: Kind, name: string, page: number): Promise<Page<PublicHabit>> {
  return answered(
    api.GET("/habits/public/", { params: { query: { kind, page, ...(name ? { name } : {}) } } }),
  );
}
