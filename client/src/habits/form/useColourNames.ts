import { useLingui } from "@lingui/react/macro";
import type { Colour } from "../../shared/ui/colours";

/** The names of the colours, in their order. */
export function useColourNames(): Record<Colour, string> {
  const { t } = useLingui();
  return {
    "": t`No colour of its own`,
    red: t`Red`,
    orange: t`Orange`,
    amber: t`Amber`,
    yellow: t`Yellow`,
    lime: t`Lime`,
    green: t`Green`,
    teal: t`Teal`,
    sky: t`Sky blue`,
    blue: t`Blue`,
    violet: t`Violet`,
    pink: t`Pink`,
    grey: t`Grey`,
  };
}
