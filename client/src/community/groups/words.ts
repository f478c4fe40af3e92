import { t } from "@lingui/core/macro";
import type { Role } from "../types";

export function roleText(role: Role): string {
  switch (role) {
    case "owner":
      return t`Owner`;
    case "admin":
      return t`Admin`;
    case "member":
      return t`Member`;
  }
}
