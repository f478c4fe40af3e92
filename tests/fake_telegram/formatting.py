"""Parse a text with a parse mode into plain text and entities; refuse invalid markup."""

import re
from collections.abc import Callable
from typing import Any

from .errors import ApiError, bad_request
from .params import Params

Entity = dict[str, Any]

HTML_TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "code": "code",
    "pre": "pre",
    "a": "text_link",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}
HTML_CHARACTERS = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
HTML_TAG = re.compile(r"<(/?)([a-zA-Z0-9-]*)([^>]*)>")
HTML_ATTRIBUTE = re.compile(r"""([a-zA-Z-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")
HTML_CHARACTER = re.compile(r"&(#x[0-9a-fA-F]+|#[0-9]+|[a-z]+);")

RESERVED = frozenset("_*[]()~`>#+-=|{}.!")
V2_MARKS = {
    "*": ("bold", "Bold"),
    "_": ("italic", "Italic"),
    "__": ("underline", "Underline"),
    "~": ("strikethrough", "Strikethrough"),
    "||": ("spoiler", "Spoiler"),
    "`": ("code", "Code"),
    "```": ("pre", "Pre"),
    "[": ("text_link", "TextUrl"),
}
LEGACY_MARKS = {"*": "bold", "_": "italic", "`": "code", "```": "pre"}
FOUND_IN_PLAIN = re.compile(
    r"(?P<url>https?://[^\s<>\"]+[^\s<>\".,;:!?)])|(?<![\w/])(?P<bot_command>/[a-zA-Z0-9_]{1,32}(?:@\w{3,32})?)\b"
)


def utf16(text: str) -> int:
    """Return the length in UTF-16 code units, which entities use."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def read_text(params: Params, *, name: str = "text", entities: str = "entities") -> tuple[str, list[Entity]]:
    """Return the parameter as Telegram shows it, parsed and trimmed, with its entities. Raise 400 for invalid markup."""
    raw = params.text(name)
    mode = params.text("parse_mode").lower()
    found: list[Entity]
    if mode and mode != "none":
        parser = PARSERS.get(mode)
        if parser is None:
            raise bad_request("unsupported parse_mode")
        plain, found = parser(raw)
    else:
        plain, found = raw, _given_entities(params, entities)
    plain, found = _trim(plain, found)
    return plain, found or find_entities(plain)


def _given_entities(params: Params, name: str) -> list[Entity]:
    given = params.json(name, "message entities")
    if given is None:
        return []
    if not isinstance(given, list):
        raise bad_request("can't parse message entities: expected an Array of MessageEntity")
    for entity in given:
        if not isinstance(entity, dict) or not all(
            isinstance(entity.get(field), kind) for field, kind in (("type", str), ("offset", int), ("length", int))
        ):
            raise bad_request("can't parse MessageEntity: type, offset and length are required")
    return given


def find_entities(text: str) -> list[Entity]:
    """Return the entities that Telegram finds by itself in plain text: links and bot commands."""
    if "/" not in text:
        return []
    return [
        {"type": match.lastgroup, "offset": utf16(text[: match.start()]), "length": utf16(match.group())}
        for match in FOUND_IN_PLAIN.finditer(text)
    ]


def _trim(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    body = text.rstrip()
    start = len(body) - len(body.lstrip())
    shift, body = utf16(body[:start]), body[start:]
    end = utf16(body)
    kept = []
    for entity in entities:
        first = max(entity["offset"] - shift, 0)
        last = min(entity["offset"] + entity["length"] - shift, end)
        if last > first:
            kept.append({**entity, "offset": first, "length": last - first})
    return body, sorted(kept, key=lambda entity: (entity["offset"], -entity["length"]))


def _broken(why: str) -> ApiError:
    return bad_request(f"can't parse entities: {why}")


def _at(text: str, position: int) -> int:
    return len(text[:position].encode())


class _Writer:
    """Collects plain text, its length in UTF-16 units, and the finished entities."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.length = 0
        self.entities: list[Entity] = []

    def add(self, text: str) -> None:
        self.parts.append(text)
        self.length += utf16(text)

    def close(self, kind: str, start: int, extra: dict[str, Any] | None = None) -> None:
        if self.length > start:
            entity = {"type": kind, "offset": start, "length": self.length - start}
            self.entities.append(entity | (extra or {}))

    def result(self) -> tuple[str, list[Entity]]:
        return "".join(self.parts), self.entities


def parse_html(text: str) -> tuple[str, list[Entity]]:
    """Parse the ``HTML`` parse mode."""
    out = _Writer()
    open_tags: list[tuple[str, str, int, dict[str, Any]]] = []
    position = 0
    while position < len(text):
        if text[position] == "&":
            found = HTML_CHARACTER.match(text, position)
            if found and (character := _html_character(found.group(1))):
                out.add(character)
                position = found.end()
                continue
        if text[position] != "<":
            following = min((at for at in (text.find(c, position + 1) for c in "<&") if at > 0), default=len(text))
            out.add(text[position:following])
            position = following
            continue
        tag = HTML_TAG.match(text, position)
        if tag is None:
            which = "end" if text.startswith("</", position) else "start"
            raise _broken(f"Unclosed {which} tag at byte offset {_at(text, position)}")
        name = tag.group(2).lower()
        if not tag.group(1):
            kind, extra = _html_start(text, position, name, tag.group(3), [t[0] for t in open_tags])
            open_tags.append((name, kind, out.length, extra))
        else:
            if not open_tags:
                raise _broken(f"Unexpected end tag at byte offset {_at(text, position)}")
            opened, kind, start, extra = open_tags.pop()
            if name and name != opened:
                raise _broken(
                    f'Unmatched end tag at byte offset {_at(text, position)}, expected "</{opened}>", found "</{name}>"'
                )
            if kind == "text_link" and not extra:
                kind = ""
            if kind:
                out.close(kind, start, extra)
        position = tag.end()
    if open_tags:
        raise _broken(f'Can\'t find end tag corresponding to start tag "{open_tags[-1][0]}"')
    return out.result()


def _html_character(name: str) -> str:
    if name.startswith("#x"):
        return chr(int(name[2:], 16))
    if name.startswith("#"):
        return chr(int(name[1:]))
    return HTML_CHARACTERS.get(name, "")


def _html_start(text: str, position: int, name: str, rest: str, outer: list[str]) -> tuple[str, dict[str, Any]]:
    attributes = {m[0].lower(): m[1] or m[2] or m[3] for m in HTML_ATTRIBUTE.findall(rest)}
    if name not in HTML_TAGS:
        raise _broken(f'Unsupported start tag "{name}" at byte offset {_at(text, position)}')
    if name == "span" and attributes.get("class") != "tg-spoiler":
        raise _broken(f'Tag "span" must have class "tg-spoiler" at byte offset {_at(text, position)}')
    if name == "a":
        return "text_link", {"url": attributes["href"]} if attributes.get("href") else {}
    if name == "tg-emoji":
        return "custom_emoji", {"custom_emoji_id": attributes.get("emoji-id", "")}
    if name == "blockquote" and "expandable" in attributes:
        return "expandable_blockquote", {}
    if name == "code" and outer and outer[-1] == "pre":
        return "", {}
    return HTML_TAGS[name], {}


def parse_markdown_v2(text: str) -> tuple[str, list[Entity]]:
    """Parse the ``MarkdownV2`` parse mode."""
    out = _Writer()
    open_marks: list[tuple[str, int, int]] = []
    quote_start: int | None = None
    position = 0
    while position < len(text):
        character = text[position]
        top = open_marks[-1][0] if open_marks else ""
        if character == "\\" and position + 1 < len(text) and 0 < ord(text[position + 1]) < 127:
            out.add(text[position + 1])
            position += 2
            continue
        if quote_start is not None and character == "\n" and not text.startswith(">", position + 1):
            out.close("blockquote", quote_start)
            quote_start = None
        if character == ">" and not top and (position == 0 or text[position - 1] == "\n"):
            quote_start = out.length if quote_start is None else quote_start
            position += 1
            continue
        if character not in RESERVED or (top in ("`", "```") and character != "`"):
            out.add(character)
            position += 1
            continue
        mark = _v2_mark(text, position, top)
        if mark == top and mark != "[":
            out.close(V2_MARKS[mark][0], open_marks.pop()[1])
            position += len(mark)
        elif mark in V2_MARKS and top not in ("`", "```"):
            open_marks.append((mark, out.length, position))
            position += len(mark)
        elif mark == "]" and any(opened[0] == "[" for opened in open_marks):
            start = open_marks.pop()[1]
            end = text.find(")", position + 2) if text.startswith("](", position) else -1
            if end < 0:
                raise _broken(f"Can't find end of a URL at byte offset {_at(text, position + 1)}")
            out.close("text_link", start, {"url": text[position + 2 : end]})
            position = end + 1
        else:
            raise _broken(f"Character '{character}' is reserved and must be escaped with the preceding '\\'")
    if open_marks:
        mark, _, opened_at = open_marks[-1]
        raise _broken(f"Can't find end of {V2_MARKS[mark][1]} entity at byte offset {_at(text, opened_at)}")
    if quote_start is not None:
        out.close("blockquote", quote_start)
    return out.result()


def _v2_mark(text: str, position: int, top: str) -> str:
    for mark in ("```", "__", "||"):
        if text.startswith(mark, position) and not (mark == "```" and top == "`"):
            return mark
    return text[position]


def parse_markdown(text: str) -> tuple[str, list[Entity]]:
    """Parse the old ``Markdown`` parse mode, which has no nesting."""
    out = _Writer()
    position = 0
    while position < len(text):
        character = text[position]
        if character == "\\" and position + 1 < len(text) and text[position + 1] in "_*`[":
            out.add(text[position + 1])
            position += 2
            continue
        mark = "```" if text.startswith("```", position) else character
        link = re.compile(r"\[([^\]]*)\]\(([^)]*)\)").match(text, position)
        start = out.length
        if link:
            out.add(link.group(1))
            out.close("text_link", start, {"url": link.group(2)})
            position = link.end()
        elif mark in LEGACY_MARKS:
            end = text.find(mark, position + len(mark))
            if end < 0:
                raise _broken(f"Can't find end of the entity starting at byte offset {_at(text, position)}")
            out.add(text[position + len(mark) : end])
            out.close(LEGACY_MARKS[mark], start)
            position = end + len(mark)
        else:
            out.add(character)
            position += 1
    return out.result()


PARSERS: dict[str, Callable[[str], tuple[str, list[Entity]]]] = {
    "html": parse_html,
    "markdownv2": parse_markdown_v2,
    "markdown": parse_markdown,
}
