"""Numbers in the texts of files, within bounds. Pure.

A few characters, such as 1e999999999, would take all memory as soon as they are written out as a whole number.
"""

from decimal import Context, Decimal, InvalidOperation

MAX_NUMBER_LENGTH = 40
BEYOND_BOUNDS = Decimal(10) ** MAX_NUMBER_LENGTH
# What is larger becomes infinite, and what is smaller becomes 0.
_BOUNDED = Context(
    prec=MAX_NUMBER_LENGTH, Emax=MAX_NUMBER_LENGTH - 1, Emin=-MAX_NUMBER_LENGTH, traps=[InvalidOperation]
)


def decimal(text: str) -> Decimal | None:
    """Return a written number; None for anything else, and for one of more than 40 digits."""
    try:
        found = _BOUNDED.create_decimal(text) if len(text) <= MAX_NUMBER_LENGTH else None
    except InvalidOperation:
        return None
    return found if found is not None and found.is_finite() else None


def integer(text: str) -> int | None:
    """Return a written whole number, or None."""
    try:
        return int(text) if len(text) < 20 and text.isascii() else None
    except ValueError:
        return None


def json_decimal(written: str) -> Decimal:
    """Return the number of a JSON text. One of more than 40 digits is BEYOND_BOUNDS. Raises ValueError for a longer text."""
    if len(written) > MAX_NUMBER_LENGTH:
        raise ValueError("too long a number")
    found = _BOUNDED.create_decimal(written)
    return found if found.is_finite() else BEYOND_BOUNDS.copy_sign(found)
