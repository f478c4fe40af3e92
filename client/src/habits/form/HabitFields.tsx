import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Collapse, Divider, Stack, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { IconChevronDown, IconChevronUp } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { useLimits } from "../../shared/person/limits";
import { DetailFields } from "./DetailFields";
import { GoalChoice } from "./GoalChoice";
import { LookFields } from "./LookFields";
import type { Look } from "./look";
import { RewardFields } from "./RewardFields";
import { ScheduleFields } from "./ScheduleFields";
import { SentenceFields } from "./SentenceFields";
import type { HabitValues } from "./values";

export type FormValues = HabitValues & Look;
export type HabitForm = UseFormReturnType<FormValues>;

// Fields that are always shown; an error of any other opens "More".
const SHOWN = ["goal_type", "action", "time", "place", "frequency", "limit_per_period"];

/** The fields of a habit: a sentence, and the rest under "More". `hasTrack`: it is in the person's list. */
export function HabitFields({
  form,
  habitId,
  children,
  isOpen: isOpenAtFirst = false,
}: {
  form: HabitForm;
  habitId?: number;
  /** Between the sentence and "More". */
  children?: ReactNode;
  isOpen?: boolean;
}) {
  const { t } = useLingui();
  const { habit } = useLimits();
  const [isOpened, setIsOpened] = useState(isOpenAtFirst);
  const hasHiddenError = Object.keys(form.errors).some((name) => !SHOWN.includes(name));
  const isOpen = isOpened || hasHiddenError;
  const goal = form.values.goal_type;
  const isPleasant = goal === "pleasant";
  return (
    <Stack gap="md">
      <GoalChoice form={form} />
      {isPleasant ? (
        <TextInput
          label={t`What you enjoy`}
          placeholder={t`play one favourite song`}
          maxLength={habit.name_length}
          {...form.getInputProps("name")}
        />
      ) : (
        <SentenceFields form={form} />
      )}
      {children}
      <Button
        variant="default"
        aria-expanded={isOpen}
        onClick={() => setIsOpened(!isOpen)}
        rightSection={
          isOpen ? <IconChevronUp size={18} aria-hidden /> : <IconChevronDown size={18} aria-hidden />
        }
      >
        <Trans>More</Trans>
      </Button>
      <Collapse expanded={isOpen} transitionDuration={0}>
        <Stack gap="md">
          {goal === "at_least" ? <ScheduleFields form={form} /> : null}
          {isPleasant ? null : (
            <>
              <Divider />
              <RewardFields form={form} habitId={habitId} />
            </>
          )}
          <Divider />
          <DetailFields form={form} />
          {isPleasant ? null : (
            <>
              <Divider />
              <LookFields form={form} />
            </>
          )}
        </Stack>
      </Collapse>
    </Stack>
  );
}
