"""The exception that services and rules raise to refuse a request."""


class DomainError(Exception):
    """A refusal: `code` for programs, `message` for people, `field` naming the wrong input (or None).

    The API answers it with status 400 in its common error format.
    """

    def __init__(self, code: str, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
