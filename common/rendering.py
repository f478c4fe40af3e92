"""The JSON of answers."""

from typing import Any

import orjson
from rest_framework.renderers import JSONRenderer

# Dates and times are left to REST framework's encoder, which writes them as its fields do.
OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


class JSONAnswer(JSONRenderer):
    """REST framework's JSON, written by orjson: a large answer takes a tenth of the time."""

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        """Return the JSON of `data`, empty for None; NaN and infinity are null. Raises TypeError, UnicodeEncodeError."""
        if data is None or self.get_indent(accepted_media_type or "", renderer_context or {}) is not None:
            return bytes(super().render(data, accepted_media_type, renderer_context))
        try:
            written = orjson.dumps(data, default=self.encoder_class().default, option=OPTIONS)
        except TypeError:  # integers of more than 64 bits, say
            return bytes(super().render(data, accepted_media_type, renderer_context))
        # Escaped as REST framework does, for JavaScript of before 2019.
        return written.replace(b"\xe2\x80\xa8", b"\\u2028").replace(b"\xe2\x80\xa9", b"\\u2029")
