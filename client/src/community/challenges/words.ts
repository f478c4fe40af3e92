import { t } from "@lingui/core/macro";
import { shortDay } from "../../shared/dates/format";
import type { Challenge } from "../types";

export function stateText(state: Challenge["state"]): string {
  switch (state) {
    case "upcoming":
      return t`Starts soon`;
    case "running":
      return t`Running`;
    case "over":
      return t`Over`;
    case "cancelled":
      return t`Ended early`;
  }
}

export function daysText({ first_day, last_day }: Challenge): string {
  return first_day === last_day ? shortDay(first_day) : `${shortDay(first_day)} – ${shortDay(last_day)}`;
}
