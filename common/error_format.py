"""The size of error answers: a body with a thousand faults is answered with the first of them."""

from drf_standardized_errors.formatter import ExceptionFormatter
from drf_standardized_errors.types import Error

MAX_ERRORS = 20
MAX_DETAIL_LENGTH = 500
MAX_ATTR_LENGTH = 200


class BoundedErrors(ExceptionFormatter):
    """Extends the library's format by a maximum of errors and of the length of each.

    If there are more, the last error says how many are left out.
    """

    def get_errors(self) -> list[Error]:
        found: list[Error] = super().get_errors()
        shown = [
            Error(
                each.code,
                _shortened(each.detail, MAX_DETAIL_LENGTH),
                each.attr and _shortened(each.attr, MAX_ATTR_LENGTH),
            )
            for each in found[:MAX_ERRORS]
        ]
        if len(found) > MAX_ERRORS:
            shown.append(Error("too_many_errors", f"And {len(found) - MAX_ERRORS} more errors.", None))
        return shown


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
