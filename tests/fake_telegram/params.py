"""Read the parameters of a call (query, form, JSON or multipart) as Python types."""

import json
from dataclasses import dataclass, field
from typing import Any

from .errors import bad_request

TRUE = frozenset({"true", "1", "yes"})


@dataclass(slots=True)
class Upload:
    """A file sent in a multipart body."""

    name: str
    content_type: str
    content: bytes


@dataclass(slots=True)
class Params:
    """The parameters of one call: text for forms and queries, any JSON value for a JSON body."""

    values: dict[str, Any]
    files: dict[str, Upload] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        return self.values.get(name) not in (None, "")

    def text(self, name: str, default: str = "") -> str:
        value = self.values.get(name)
        if value is None:
            return default
        if isinstance(value, bool):
            return "true" if value else "false"
        return value if isinstance(value, str) else json.dumps(value) if _is_nested(value) else str(value)

    def integer(self, name: str, default: int = 0) -> int:
        value = self.values.get(name)
        if value is None or value == "":
            return default
        try:
            return int(value)
        except (TypeError, ValueError):
            return default

    def optional_integer(self, name: str) -> int | None:
        return self.integer(name) if self.has(name) else None

    def number(self, name: str, default: float = 0.0) -> float:
        value = self.values.get(name)
        if value is None or value == "":
            return default
        try:
            return float(value)
        except (TypeError, ValueError):
            return default

    def flag(self, name: str) -> bool:
        return self.text(name).lower() in TRUE

    def json(self, name: str, what: str) -> Any:
        """Return the parameter's JSON value or None; ``what`` names it in the error about invalid JSON."""
        value = self.values.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise bad_request(f"can't parse {what} JSON object") from None

    def strings(self, name: str) -> list[str] | None:
        """Return a list given as JSON or comma-separated text; None if it is absent or empty."""
        value = self.values.get(name)
        if isinstance(value, str) and value and not value.startswith("["):
            return [part.strip() for part in value.split(",")]
        parsed = self.json(name, name)
        if not isinstance(parsed, list) or not parsed:
            return None
        return [str(part) for part in parsed]


def _is_nested(value: Any) -> bool:
    return isinstance(value, dict | list)
