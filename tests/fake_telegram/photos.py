"""Photos: reading the photo of a sendPhoto call, and its description in the Bot API."""

import hashlib
import struct

from .errors import bad_request
from .params import Params
from .state import JSON, Bot

MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"BM")
PNG_SIZE = struct.Struct(">II")


def read_photo(bot: Bot, params: Params) -> list[JSON]:
    """Return the PhotoSize list of the photo in the call: an upload, the id of a stored file, or a URL."""
    upload = params.files.get("photo")
    given = params.text("photo")
    if upload is None and given.startswith("attach://"):
        upload = params.files.get(given.removeprefix("attach://"))
    if upload is None and not given:
        raise bad_request("there is no photo in the request")
    if upload is None:
        if given in bot.files:
            return [_size(given, bot.files[given])]
        if not given.startswith(("http://", "https://")):
            raise bad_request("wrong remote file identifier specified: Wrong string length")
        return [_size(_store(bot, given.encode()), b"")]
    if not upload.content:
        raise bad_request("file must be non-empty")
    if not upload.content.startswith(MAGIC):
        raise bad_request("IMAGE_PROCESS_FAILED")
    return [_size(_store(bot, upload.content), upload.content)]


def _store(bot: Bot, content: bytes) -> str:
    file_id = "AgAC" + hashlib.sha256(content).hexdigest()[:40]
    bot.files[file_id] = content
    return file_id


def _size(file_id: str, content: bytes) -> JSON:
    width, height = PNG_SIZE.unpack_from(content, 16) if content.startswith(MAGIC[0]) else (100, 100)
    return {
        "file_id": file_id,
        "file_unique_id": file_id[4:20],
        "file_size": len(content),
        "width": width,
        "height": height,
    }
