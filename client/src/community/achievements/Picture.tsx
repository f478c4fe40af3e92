/** The picture of an achievement: an emoji or a short symbol that says nothing more than the name. */
export function Picture({ text }: { text: string }) {
  return <span aria-hidden>{text}</span>;
}
