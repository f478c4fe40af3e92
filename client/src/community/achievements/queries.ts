import { answered, api } from "../../shared/api/client";
import type { Page } from "../../shared/query/pages";
import type { Achievement } from "../types";

export function readAchievements(held: boolean, page: number): Promise<Page<Achievement>> {
  return answered(api.GET("/achievements/", { params: { query: { held, page } } }));
}
