import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { scheduleText } from "../../shared/habits/words";
import { Answer } from "../../shared/ui/Answer";
import { Row } from "../../shared/ui/Row";
import { Screen } from "../../shared/ui/Screen";
import { templatesQuery } from "./queries";
import type { Template } from "./values";

/** Habits to start from. */
export function TemplatesScreen() {
  const { t } = useLingui();
  const templates = useQuery(templatesQuery());
  return (
    <Screen title={t`Templates`}>
      <Stack gap="sm">
        <Text c="dimmed">
          <Trans>Two minutes or less each. You can change everything before you begin.</Trans>
        </Text>
        <Button component={Link} to="/habits/new" variant="default">
          <Trans>Begin with an empty form</Trans>
        </Button>
        <Answer query={templates}>
          {(found) => (
            <Stack gap="xs" component="ul" p={0} m={0} aria-label={t`Templates`}>
              {found.map((template) => (
                <TemplateRow key={template.key} template={template} />
              ))}
            </Stack>
          )}
        </Answer>
      </Stack>
    </Screen>
  );
}

function TemplateRow({ template }: { template: Template }) {
  const { t } = useLingui();
  const { habit, pleasant, cue } = template;
  const schedule = scheduleText({
    ...habit,
    interval: 1,
    times_per_period: habit.weekdays.length || 1,
    limit_per_period: null,
  });
  return (
    <Row
      title={habit.name}
      lines={[`${schedule} · ${cue}`, <Trans key="pleasant">Then: {pleasant.name}</Trans>]}
      actions={
        <Button
          component={Link}
          to={`/habits/new?template=${template.key}`}
          variant="light"
          aria-label={t`Use: ${habit.name}`}
        >
          <Trans>Use</Trans>
        </Button>
      }
    />
  );
}
