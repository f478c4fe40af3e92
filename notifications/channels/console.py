"""Prints messages of a channel that is not configured."""

from collections.abc import Sequence

from notifications.channels.transport import Accepted, Outgoing, Result


def print_messages(label: str, outgoing: Sequence[Outgoing]) -> list[Result]:
    """Print the messages, and return that each was accepted. `label`: the channel's name for people."""
    for each in outgoing:
        buttons = " ".join(f"[{button.label}]" for button in each.message.buttons)
        picture = " [a picture]" if each.message.photo else ""
        print(f"{label} to {each.address}: {each.message.text}{picture} {buttons}".rstrip(), flush=True)
    return [Accepted() for _ in outgoing]
