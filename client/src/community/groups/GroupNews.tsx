import { Trans } from "@lingui/react/macro";
import { Stack } from "@mantine/core";
import { EmptyState } from "../../shared/ui/EmptyState";
import { PagedList } from "../parts/PagedList";
import classes from "../parts/parts.module.css";
import type { Team } from "../types";
import { NewsLine } from "./NewsLine";
import { useNews } from "./news";
import { PostLink } from "./PostLink";

export function GroupNews({ group }: { group: Team }) {
  const news = useNews(group.id);
  return (
    <Stack>
      <PostLink group={group} />
      <PagedList
        pages={news}
        empty={
          <EmptyState
            title={<Trans>No news in the last 30 days.</Trans>}
            text={<Trans>Days done in habits that are followed here appear by themselves.</Trans>}
          />
        }
      >
        {(items) => (
          <ul className={classes.list}>
            {items.map((item) => (
              <NewsLine
                key={`${item.kind} ${item.at} ${item.username} ${item.habit?.id ?? item.url}`}
                item={item}
              />
            ))}
          </ul>
        )}
      </PagedList>
    </Stack>
  );
}
