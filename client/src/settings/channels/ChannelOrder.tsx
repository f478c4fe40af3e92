import { useLingui } from "@lingui/react/macro";
import { ActionIcon } from "@mantine/core";
import { IconChevronRight, IconGripVertical } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { Link } from "react-router";
import order from "../../shared/ui/Order.module.css";
import { moved, useOrdering } from "../../shared/ui/useOrdering";
import classes from "./channels.module.css";
import { type Channels, useChoose } from "./queries";
import { useChannelState } from "./useChannelState";
import { useChannelWords } from "./useChannelWords";

const ROW = 62; // pixels: a row and the gap below it

/** The channels in the person's order: dragged, moved by the arrow keys, opened. */
export function ChannelOrder({ shown }: { shown: Channels }) {
  const { t } = useLingui();
  const words = useChannelWords();
  const stateOf = useChannelState();
  const { mutate: choose, isPending } = useChoose();
  const [said, setSaid] = useState("");
  // Its own, so that a second press of a key moves on from where the first has led.
  const [names, setNames] = useState(shown.order);
  useEffect(() => {
    if (!isPending) setNames(shown.order);
  }, [shown.order, isPending]);
  const ordering = useOrdering(names.length, ROW, (from, to) => {
    const next = moved(names, from, to);
    setNames(next);
    choose({ order: next });
    const [name, place, all] = [next[to] ? words[next[to]].name : "", to + 1, next.length];
    setSaid(t`${name}: place ${place} of ${all}`);
  });
  return (
    <>
      <ol className={order.list} aria-label={t`Channels in your order`}>
        {names.map((name, place) => {
          const channel = shown.channels.find((each) => each.name === name);
          const state = channel ? stateOf(channel) : { text: "", isWrong: false };
          const { name: title, to } = words[name];
          return (
            <li key={name} className={order.row} {...ordering.row(place)}>
              <ActionIcon
                className={order.handle}
                color="gray"
                aria-label={t`Move: ${title}`}
                {...ordering.handle(place)}
              >
                <IconGripVertical size={20} aria-hidden />
              </ActionIcon>
              <Link to={to} className={classes.link}>
                <span className={classes.texts}>
                  <span className={classes.name}>{title}</span>
                  <span className={classes.state} data-wrong={state.isWrong || undefined}>
                    {state.text}
                  </span>
                </span>
                <IconChevronRight size={18} aria-hidden />
              </Link>
            </li>
          );
        })}
      </ol>
      <p className="visually-hidden" role="status">
        {said}
      </p>
    </>
  );
}
