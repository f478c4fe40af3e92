import type { ChannelName, Channels, Topic } from "./queries";

/** Mails are sent of reminders and summaries only. */
export function canCarry(topic: Topic, name: ChannelName): boolean {
  return name !== "email" || topic !== "news";
}

/** Return the connected channels that can carry a topic, in the person's order. */
export function choicesFor(topic: Topic, shown: Channels): ChannelName[] {
  return shown.order.filter(
    (name) => canCarry(topic, name) && shown.channels.some((each) => each.name === name && each.connected),
  );
}

/** Return the topic's channels when one is turned on or off. Those that are not connected stay as they were. */
export function toggled(topic: Topic, name: ChannelName, isOn: boolean, shown: Channels): ChannelName[] {
  return shown.order.filter((each) => (each === name ? isOn : shown.kinds[topic].includes(each)));
}
