import { useLingui } from "@lingui/react/macro";
import { NativeSelect, SimpleGrid, TextInput } from "@mantine/core";
import type { Schema } from "../../shared/api/types";
import { named } from "../../shared/forms/named";
import { AmountInput } from "../../shared/numbers/AmountInput";
import { Switched } from "../../shared/ui/Switched";
import { useAggregations } from "./useAggregations";

export type RuleValues = {
  aggregation: Schema<"EventRule">["aggregation"];
  factor: string;
  kind: string;
  only_raise: boolean;
};

/** As far as these fields need a form. */
interface Form {
  getInputProps: (name: keyof RuleValues, options?: { type: "checkbox" }) => object;
}

/** How a day's amount is made of events. `of`: of which rule, `kinds`: that were seen. */
export function RuleFields({ form, of, kinds }: { form: Form; of: string; kinds: readonly string[] }) {
  const { t } = useLingui();
  const aggregations = useAggregations();
  return (
    <>
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <NativeSelect
          {...named(t`Value of a day`, of)}
          data={Object.entries(aggregations).map(([value, label]) => ({ value, label }))}
          {...form.getInputProps("aggregation")}
        />
        <AmountInput
          {...named(t`Multiplied by`, of)}
          description={t`Such as 0.001 for kilometres from metres.`}
          inputWrapperOrder={["label", "input", "description", "error"]}
          {...form.getInputProps("factor")}
        />
        {kinds.length ? (
          <NativeSelect
            {...named(t`Kind`, of)}
            data={[{ value: "", label: t`all` }, ...kinds]}
            {...form.getInputProps("kind")}
          />
        ) : (
          <TextInput
            {...named(t`Kind`, of)}
            description={t`If empty: all.`}
            inputWrapperOrder={["label", "input", "description", "error"]}
            maxLength={60}
            {...form.getInputProps("kind")}
          />
        )}
      </SimpleGrid>
      <Switched
        {...named(t`A lower value that comes later lowers nothing.`, of)}
        {...form.getInputProps("only_raise", { type: "checkbox" })}
      />
    </>
  );
}
