import { t } from "@lingui/core/macro";
import type { ProgressDay } from "./months";

export type Status = NonNullable<ProgressDay["status"]>;

export function statusText(status: Status): string {
  switch (status) {
    case "completed":
      return t`Done`;
    case "counted":
      return t`Counted`;
    case "partial":
      return t`Done in part`;
    case "skipped":
      return t`Skipped`;
    case "missed":
      return t`Missed`;
  }
}
