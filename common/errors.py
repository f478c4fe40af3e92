"""The exception that services and rules raise to refuse a request."""


class DomainError(Exception):
    """A refusal: `code` for programs, `message` for people, `field` naming the wrong input (or None).

    The API answers it with status 400 in its common error format. `entry`: which entry is wrong, counted from 0, where a
    service took a list of them.
    """

    entry: int | None = None

    def __init__(self, code: str, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field

    def within(self, name: str) -> "DomainError":
        """Return the refusal with its field named as one of an entry of the list `name`: "days.3.amount"."""
        if self.entry is None:
            return self
        return DomainError(self.code, self.message, ".".join(filter(None, [name, str(self.entry), self.field])))
