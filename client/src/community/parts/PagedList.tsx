import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Stack } from "@mantine/core";
import type { ReactNode } from "react";
import { Awaited } from "../../shared/ui/Awaited";

interface Pages<Item> {
  data: Item[] | undefined;
  error: Error | null;
  fetchStatus: "fetching" | "paused" | "idle";
  isPlaceholderData: boolean;
  refetch: () => unknown;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
}

/** The pages of a list that were read, and a button that reads more. */
export function PagedList<Item>({
  pages,
  label,
  empty,
  children,
}: {
  pages: Pages<Item>;
  /** What is listed, where there are several lists on the screen. */
  label?: string;
  /** What to show if there is nothing. */
  empty: ReactNode;
  children: (items: Item[]) => ReactNode;
}) {
  const { t } = useLingui();
  return (
    <Awaited query={pages}>
      {(items) =>
        items.length === 0 ? (
          empty
        ) : (
          <Stack gap="sm">
            {children(items)}
            {pages.hasNextPage ? (
              <Button
                variant="default"
                aria-label={label && t`Show more: ${label}`}
                aria-busy={pages.isFetchingNextPage}
                onClick={() => void pages.fetchNextPage()}
              >
                <Trans>Show more</Trans>
              </Button>
            ) : null}
          </Stack>
        )
      }
    </Awaited>
  );
}
