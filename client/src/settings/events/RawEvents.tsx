import { Trans, useLingui } from "@lingui/react/macro";
import { Text } from "@mantine/core";
import { shortDay } from "../../shared/dates/format";
import { amountText } from "../../shared/numbers/format";
import { PagedList } from "../../shared/ui/PagedList";
import { useRawEvents } from "./queries";

/** The stored events of a type. */
export function RawEvents({ type, which }: { type: number; which: string }) {
  const { t } = useLingui();
  const events = useRawEvents(type);
  return (
    <PagedList
      query={events}
      label={t`Events: ${which}`}
      empty={
        <Text size="sm">
          <Trans>Its events are no longer kept.</Trans>
        </Text>
      }
    >
      {(event) => (
        <Text key={event.id} component="li" size="sm" style={{ listStyle: "none" }}>
          {shortDay(event.day)}: {amountText(event.value)} {event.unit} {event.kind}{" "}
          {event.mode === "delta" ? t`(added)` : t`(in all)`}
        </Text>
      )}
    </PagedList>
  );
}
