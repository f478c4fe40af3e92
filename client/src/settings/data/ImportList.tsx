import { Trans, useLingui } from "@lingui/react/macro";
import { Anchor, Button, Stack } from "@mantine/core";
import { Link } from "react-router";
import { dayAndTime } from "../../shared/dates/format";
import { countText } from "../../shared/numbers/format";
import { useMe } from "../../shared/person/me";
import { Row } from "../../shared/ui/Row";
import type { Import } from "./queries";
import { useSourceNames } from "./useSourceNames";

/** The files that came in: to go on with, or to read their reports. */
export function ImportList({ imports }: { imports: Import[] }) {
  const { t } = useLingui();
  const { time_zone: zone } = useMe();
  const sourceName = useSourceNames();
  const states: Record<Import["state"], { text: string; color: string }> = {
    reading: { text: t`Being read`, color: "gray" },
    waiting: { text: t`Not started`, color: "gray" },
    running: { text: t`Running`, color: "pine" },
    done: { text: t`Done`, color: "pine" },
    failed: { text: t`Failed`, color: "red" },
  };
  if (!imports.length) return null;
  return (
    <Stack gap="xs" component="ul" p={0} m={0} aria-label={t`Files that you have sent`}>
      {imports.map(({ id, name, source, state, done, total, created_at: at }) => {
        const [made, all] = [countText(done), countText(total)];
        const to = `/me/data/imports/${id}`;
        return (
          <Row
            key={id}
            title={name || t`A file`}
            marks={[states[state]]}
            lines={[
              [sourceName(source), dayAndTime(at, zone)].filter(Boolean).join(" · "),
              state === "running" ? t`${made} of ${all} habits` : "",
            ]}
            actions={
              state === "waiting" ? (
                <Button component={Link} to={to} aria-label={t`Look at it and start: ${name}`}>
                  <Trans>Look at it and start</Trans>
                </Button>
              ) : (
                <Anchor
                  component={Link}
                  to={to}
                  size="sm"
                  style={{ display: "inline-flex", alignItems: "center", minHeight: 44, padding: 0 }}
                  aria-label={t`Report: ${name}, ${dayAndTime(at, zone)}`}
                >
                  <Trans>Report</Trans>
                </Anchor>
              )
            }
          />
        );
      })}
    </Stack>
  );
}
