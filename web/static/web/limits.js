// The product's numbers (lengths, ranges, counts), as GET /api/limits/ gives them. Loaded before the first view.

import { send } from "./http.js";

export const limits = {};

export const hasLimits = () => "page" in limits;

export async function loadLimits() {
  Object.assign(limits, await send("GET", "limits/"));
}
