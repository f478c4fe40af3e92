"""Validate the keyboards of messages, and find a button by its text or data."""

from typing import Any

from .errors import ApiError, bad_request
from .params import Params

MAX_CALLBACK_DATA_BYTES = 64
ACTIONS = ("callback_data", "url", "web_app", "login_url", "switch_inline_query", "copy_text", "pay")

Markup = dict[str, Any]


def read_markup(params: Params, *, inline_only: bool = False) -> Markup | None:
    """Return the call's validated ``reply_markup``; None if there is none, or no button in it."""
    markup = params.json("reply_markup", "reply keyboard markup")
    if markup is None:
        return None
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" not in markup:
        if inline_only and markup:
            raise bad_request("inline keyboard expected")
        return markup or None
    rows = markup["inline_keyboard"]
    if not isinstance(rows, list):
        raise bad_request('field "inline_keyboard" must be of type Array')
    checked = [_row(row) for row in rows]
    checked = [row for row in checked if row]
    return {"inline_keyboard": checked} if checked else None


def _row(row: Any) -> list[dict[str, Any]]:
    if not isinstance(row, list):
        raise _broken("inline keyboard", "inline keyboard must be an Array of Arrays")
    return [_button(button) for button in row]


def _button(button: Any) -> dict[str, Any]:
    if not isinstance(button, dict):
        raise _broken("inline keyboard button", "InlineKeyboardButton must be an Object")
    text = button.get("text")
    if not isinstance(text, str):
        raise _broken("inline keyboard button", 'Can\'t find field "text"')
    if not text.strip():
        raise _broken("inline keyboard button", "text must be non-empty")
    if not any(action in button for action in ACTIONS):
        raise _broken("inline keyboard button", "Text buttons are unallowed in the inline keyboard")
    if "callback_data" in button:
        data = button["callback_data"]
        if not isinstance(data, str) or not 1 <= len(data.encode()) <= MAX_CALLBACK_DATA_BYTES:
            raise bad_request("BUTTON_DATA_INVALID")
    if "web_app" in button:
        page = button["web_app"]
        url = page.get("url") if isinstance(page, dict) else None
        if not isinstance(url, str) or not url.startswith("https://"):
            raise bad_request(f"inline keyboard button Web App URL '{url}' is invalid: Only HTTPS links are allowed")
    if "url" in button and "://" not in str(button["url"]):
        raise bad_request(f"inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL")
    return button


def _broken(what: str, why: str) -> ApiError:
    return bad_request(f"can't parse {what}: {why}")


def buttons(markup: Markup | None) -> list[dict[str, Any]]:
    """Return the buttons of an inline keyboard, row by row."""
    return [button for row in (markup or {}).get("inline_keyboard", []) for button in row]


def find_button(markup: Markup | None, text_or_data: str) -> dict[str, Any] | None:
    """Return the first button with exactly this text or callback data; None if there is none."""
    for button in buttons(markup):
        if text_or_data in (button.get("text"), button.get("callback_data")):
            return button
    return None
