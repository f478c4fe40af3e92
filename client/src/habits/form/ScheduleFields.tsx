import { useLingui } from "@lingui/react/macro";
import { Button, Group, Input, SimpleGrid, TextInput } from "@mantine/core";
import { WEEK_STARTS } from "../../shared/dates/days";
import { weekdayName } from "../../shared/dates/format";
import { AmountInput } from "../../shared/numbers/AmountInput";
import { useLimits } from "../../shared/person/limits";
import { useMe } from "../../shared/person/me";
import type { HabitForm } from "./HabitFields";
import { WEEKDAYS, type Weekday } from "./values";

/** Which weekdays, how many times, and how much a day. */
export function ScheduleFields({ form }: { form: HabitForm }) {
  const { t } = useLingui();
  const { habit } = useLimits();
  const { frequency, interval, weekdays } = form.values;
  const isDaily = frequency === "daily";
  const times = { weekly: t`Days a week`, monthly: t`Days a month`, yearly: t`Days a year` };
  const range = habit.times_per_period[frequency];
  return (
    <>
      {isDaily && Number(interval || "1") > 1 ? null : <Weekdays form={form} chosen={weekdays} />}
      <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm">
        {isDaily ? (
          <TextInput
            label={t`Every … days`}
            description={t`1 is every day.`}
            inputMode="numeric"
            {...form.getInputProps("interval")}
          />
        ) : (
          <TextInput
            label={times[frequency]}
            description={t`From ${range.min} to ${range.max}.`}
            inputMode="numeric"
            {...form.getInputProps("times_per_period")}
          />
        )}
        <AmountInput
          label={t`Amount a day`}
          description={t`0,5 is a half.`}
          {...form.getInputProps("daily_amount")}
        />
        <TextInput
          label={t`Unit`}
          description={t`Such as pages.`}
          maxLength={habit.unit_length}
          {...form.getInputProps("unit")}
        />
      </SimpleGrid>
    </>
  );
}

function Weekdays({ form, chosen }: { form: HabitForm; chosen: Weekday[] }) {
  const { t } = useLingui();
  const { week_starts_on: starts } = useMe();
  const order = WEEKDAYS.map((_, index) => WEEKDAYS[(WEEK_STARTS[starts] + index) % 7] as Weekday);
  const toggle = (day: Weekday) =>
    form.setFieldValue(
      "weekdays",
      chosen.includes(day) ? chosen.filter((other) => other !== day) : [...chosen, day],
    );
  return (
    <Input.Wrapper
      labelElement="div"
      size="md"
      label={t`On these weekdays`}
      description={t`None chosen: any day.`}
      error={form.errors.weekdays}
    >
      <Group gap={3} mt={6} role="group" aria-label={t`On these weekdays`}>
        {order.map((day) => (
          <Button
            key={day}
            w={44}
            px={0}
            variant={chosen.includes(day) ? "filled" : "default"}
            aria-pressed={chosen.includes(day)}
            aria-label={`${weekdayName(day, "short")}: ${weekdayName(day, "long")}`}
            onClick={() => toggle(day)}
          >
            {weekdayName(day, "short")}
          </Button>
        ))}
      </Group>
    </Input.Wrapper>
  );
}
