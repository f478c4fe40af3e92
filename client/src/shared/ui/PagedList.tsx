import { Trans } from "@lingui/react/macro";
import { Button, Stack } from "@mantine/core";
import type { ReactNode } from "react";
import type { Pages } from "../query/usePages";
import { Answer } from "./Answer";

/** A list that the API answers page by page. `empty`: what to show, and to do next, where there is nothing. */
export function PagedList<Item extends { id: number }>({
  query,
  empty,
  label,
  children,
}: {
  query: Pages<Item>;
  empty: ReactNode;
  label: string;
  children: (item: Item) => ReactNode;
}) {
  return (
    <Answer query={query}>
      {(items) =>
        items.length ? (
          <Stack gap="xs">
            <Stack gap="xs" component="ul" p={0} m={0} aria-label={label}>
              {items.map(children)}
            </Stack>
            {query.hasNextPage ? (
              <Button
                variant="default"
                loading={query.isFetchingNextPage}
                onClick={() => void query.fetchNextPage()}
              >
                <Trans>Show more: {label}</Trans>
              </Button>
            ) : null}
          </Stack>
        ) : (
          empty
        )
      }
    </Answer>
  );
}
