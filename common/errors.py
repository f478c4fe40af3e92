"""The one exception by which a service or a rule refuses."""


class DomainError(Exception):
    """A refusal: `code` for programs, `message` for people, `field` naming the input at fault (or none).

    The API answers it as a 400 in the one error shape.
    """

    def __init__(self, code: str, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
