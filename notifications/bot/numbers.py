"""Numbers in the data of buttons, which is not trusted. Pure."""


class InvalidButton(Exception):
    """The button is forged, belongs to another user, or names something that no longer exists."""


def parse_number(text: str) -> int:
    """Return a non-negative number from a button's data. Raises InvalidButton if the text is not one."""
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise InvalidButton
    return int(text)
