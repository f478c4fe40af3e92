import { Trans, useLingui } from "@lingui/react/macro";
import { Stack, Text } from "@mantine/core";
import { countText } from "../../shared/numbers/format";
import { Details } from "./Details";
import type { ImportDetail } from "./queries";

/** What is left out, by reason, and what holds for the whole file. */
export function LeftOut({ file: { preview, texts } }: { file: ImportDetail }) {
  const { t } = useLingui();
  const reasons = Object.entries(preview.skip_counts);
  if (!reasons.length && !preview.notices.length) return null;
  return (
    <Stack gap="xs">
      {preview.notices.map((code) => (
        <Text key={code}>{texts[code] ?? code}</Text>
      ))}
      {reasons.length ? (
        <div>
          <Text fw={600} mb={4}>
            <Trans>Left out</Trans>
          </Text>
          {reasons.map(([code, count]) => {
            const listed = preview.skipped.filter(({ why }) => why === code).map(({ what }) => what);
            const rest = count - listed.length;
            return (
              <Details
                key={code}
                summary={`${countText(count)} × ${texts[code] ?? code}`}
                lines={rest > 0 ? [...listed, t`and ${countText(rest)} more`] : listed}
              />
            );
          })}
        </div>
      ) : null}
    </Stack>
  );
}
