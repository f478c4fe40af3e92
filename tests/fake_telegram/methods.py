"""The Bot API's methods on messages, buttons, commands and chats."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from .errors import bad_request, blocked, chat_not_found, deactivated, kicked, migrated
from .faults import Limits
from .formatting import Entity, read_text
from .keyboards import Markup, read_markup
from .params import Params
from .photos import read_photo
from .state import JSON, Bot, Chat, Message, World

MAX_TEXT = 4096
MAX_CAPTION = 1024
MAX_ANSWER = 200
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)
QUERY_TOO_OLD = "query is too old and response timeout expired or query ID is invalid"


@dataclass(slots=True)
class Request:
    """One call of a method. The method stores the message that it accepted, if it sent one."""

    world: World
    limits: Limits
    bot: Bot
    method: str
    params: Params
    message: Message | None = None
    note: str = ""


Method = Callable[[Request], Any | Awaitable[Any]]


def get_me(request: Request) -> JSON:
    return request.bot.user | {
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def find_chat(request: Request) -> Chat:
    """Return the chat of the call. Raise 400 or 403, like Telegram, if the bot cannot write to it."""
    given = request.params.text("chat_id").strip()
    if not given:
        raise bad_request("chat_id is empty")
    chat: Chat | None
    if given.startswith("@"):
        chat = next((c for c in request.bot.chats.values() if c.username == given[1:]), None)
    else:
        chat = request.bot.chats.get(request.params.integer("chat_id"))
    if chat is None:
        raise chat_not_found()
    if chat.migrated_to is not None:
        raise migrated(chat.migrated_to)
    if chat.status != "active":
        raise {"blocked": blocked, "deactivated": deactivated, "kicked": kicked}[chat.status]()
    return chat


def find_own_message(request: Request, chat: Chat, doing: str) -> Message:
    """Return the bot's message that the call names. Raise 400 if there is none."""
    if not request.params.has("message_id"):
        raise bad_request("message identifier is not specified")
    message = chat.messages.get(request.params.integer("message_id"))
    if message is None or message.deleted:
        raise bad_request(f"message to {doing} not found")
    if not message.outgoing:
        raise bad_request("message can't be edited")
    return message


def send_message(request: Request) -> JSON:
    chat = find_chat(request)
    if not request.params.text("text"):
        raise bad_request("message text is empty")
    text, entities = read_text(request.params)
    if not text:
        raise bad_request("text must be non-empty")
    if len(text) > MAX_TEXT:
        raise bad_request("message is too long")
    return _send(request, chat, text, entities)


def send_photo(request: Request) -> JSON:
    chat = find_chat(request)
    photo = read_photo(request.bot, request.params)
    caption, entities = read_text(request.params, name="caption", entities="caption_entities")
    if len(caption) > MAX_CAPTION:
        raise bad_request("message caption is too long")
    return _send(request, chat, caption, entities, photo=photo)


def _send(request: Request, chat: Chat, text: str, entities: list[Entity], photo: list[JSON] | None = None) -> JSON:
    markup = read_markup(request.params)
    extra = _reply(request, chat)
    if photo:
        extra["photo"] = photo
    if request.params.flag("protect_content"):
        extra["has_protected_content"] = True
    request.limits.check(chat.id)
    bot = request.bot
    message = request.world.add_message(bot, chat, bot.user, text, outgoing=True, entities=entities)
    message.markup, message.extra, message.is_photo = markup, extra, photo is not None
    message.method = request.method
    _accept(request, "sent", message)
    return message.to_api()


def _reply(request: Request, chat: Chat) -> JSON:
    given = request.params.json("reply_parameters", "reply parameters") or {}
    if not isinstance(given, dict):
        raise bad_request("object expected as reply parameters")
    number = Params(given).integer("message_id") or request.params.integer("reply_to_message_id")
    if not number:
        return {}
    answered = chat.messages.get(number)
    if answered is None or answered.deleted:
        if given.get("allow_sending_without_reply") or request.params.flag("allow_sending_without_reply"):
            return {}
        raise bad_request("message to be replied not found")
    shown = answered.to_api()
    shown.pop("reply_to_message", None)
    return {"reply_to_message": shown}


def _accept(request: Request, event: str, message: Message) -> None:
    request.message = message
    request.world.counters[f"accepted.{request.method}"] += 1
    request.world.notify(event, request.bot, message)
    request.world.changed()


def edit_message_text(request: Request) -> JSON:
    chat = find_chat(request)
    message = find_own_message(request, chat, "edit")
    if not request.params.text("text"):
        raise bad_request("message text is empty")
    if message.is_photo:
        raise bad_request("there is no text in the message to edit")
    text, entities = read_text(request.params)
    if not text:
        raise bad_request("text must be non-empty")
    if len(text) > MAX_TEXT:
        raise bad_request("MESSAGE_TOO_LONG")
    return _edit(request, message, text, entities, read_markup(request.params, inline_only=True))


def edit_message_caption(request: Request) -> JSON:
    chat = find_chat(request)
    message = find_own_message(request, chat, "edit")
    if not message.is_photo:
        raise bad_request("there is no caption in the message to edit")
    text, entities = read_text(request.params, name="caption", entities="caption_entities")
    if len(text) > MAX_CAPTION:
        raise bad_request("message caption is too long")
    return _edit(request, message, text, entities, read_markup(request.params, inline_only=True))


def edit_message_reply_markup(request: Request) -> JSON:
    chat = find_chat(request)
    message = find_own_message(request, chat, "edit")
    markup = read_markup(request.params, inline_only=True)
    return _edit(request, message, message.text, message.entities, markup)


def _edit(request: Request, message: Message, text: str, entities: list[Entity], markup: Markup | None) -> JSON:
    if (text, entities, markup) == (message.text, message.entities, message.markup):
        raise bad_request(NOT_MODIFIED)
    message.edit(text, entities, markup)
    _accept(request, "edited", message)
    return message.to_api()


def delete_message(request: Request) -> bool:
    chat = find_chat(request)
    if not request.params.has("message_id"):
        raise bad_request("message identifier is not specified")
    message = chat.messages.get(request.params.integer("message_id"))
    if message is None or message.deleted:
        raise bad_request("message to delete not found")
    if not message.outgoing and chat.type != "private":
        raise bad_request("message can't be deleted")
    message.deleted = True
    _accept(request, "deleted", message)
    return True


def answer_callback_query(request: Request) -> bool:
    query = request.bot.queries.get(request.params.text("callback_query_id"))
    if query is None or query.expired or query.answer is not None:
        raise bad_request(QUERY_TOO_OLD)
    text = request.params.text("text")
    if len(text) > MAX_ANSWER:
        raise bad_request("MESSAGE_TOO_LONG")
    query.answer = {"text": text, "show_alert": request.params.flag("show_alert")}
    request.world.notify("answered", request.bot, query)
    request.world.changed()
    return True


def send_chat_action(request: Request) -> bool:
    find_chat(request)
    if not request.params.text("action"):
        raise bad_request("wrong parameter action in request")
    return True


def get_chat(request: Request) -> JSON:
    chat = find_chat(request)
    return chat.to_api() | {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": NO_GIFTS}


NO_GIFTS = dict.fromkeys(
    ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"), False
)


def set_my_commands(request: Request) -> bool:
    given = request.params.json("commands", "commands") or []
    if not isinstance(given, list) or len(given) > 100:
        raise bad_request("expected an Array of at most 100 BotCommand")
    kept = []
    for command in given:
        if not isinstance(command, dict) or "command" not in command or "description" not in command:
            raise bad_request("can't parse BotCommand: command and description are required")
        name = str(command["command"]).removeprefix("/")
        if not (1 <= len(name) <= 32 and all(c.isascii() and (c.isdigit() or c.islower() or c == "_") for c in name)):
            raise bad_request("BOT_COMMAND_INVALID")
        description = str(command["description"])
        if not 1 <= len(description) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
        kept.append({"command": name, "description": description})
    request.bot.commands[_commands_key(request)] = kept
    request.world.changed()
    return True


def get_my_commands(request: Request) -> list[JSON]:
    return request.bot.commands.get(_commands_key(request), [])


def delete_my_commands(request: Request) -> bool:
    request.bot.commands.pop(_commands_key(request), None)
    request.world.changed()
    return True


def set_chat_menu_button(request: Request) -> bool:
    given = request.params.json("menu_button", "MenuButton") or {"type": "default"}
    if not isinstance(given, dict) or given.get("type") not in {"default", "commands", "web_app"}:
        raise bad_request("can't parse menu button: type of menu button is invalid")
    if given["type"] == "web_app":
        page = given.get("web_app")
        url = page.get("url") if isinstance(page, dict) else None
        if not given.get("text") or not isinstance(url, str) or not url.startswith("https://"):
            raise bad_request("menu button Web App URL is invalid: Only HTTPS links are allowed")
    request.bot.menu_button = given
    request.world.changed()
    return True


def _commands_key(request: Request) -> str:
    scope = request.params.json("scope", "BotCommandScope") or {"type": "default"}
    if not isinstance(scope, dict):
        raise bad_request("object expected as BotCommandScope")
    parts = sorted(f"{name}={value}" for name, value in scope.items())
    return " ".join([*parts, request.params.text("language_code")])


def get_file(request: Request) -> JSON:
    file_id = request.params.text("file_id")
    if file_id not in request.bot.files:
        raise bad_request("invalid file_id")
    return {
        "file_id": file_id,
        "file_unique_id": file_id[4:20],
        "file_size": len(request.bot.files[file_id]),
        "file_path": f"photos/{file_id}",
    }


ON_MESSAGES: dict[str, Method] = {
    "getMe": get_me,
    "sendMessage": send_message,
    "sendPhoto": send_photo,
    "editMessageText": edit_message_text,
    "editMessageCaption": edit_message_caption,
    "editMessageReplyMarkup": edit_message_reply_markup,
    "deleteMessage": delete_message,
    "answerCallbackQuery": answer_callback_query,
    "sendChatAction": send_chat_action,
    "getChat": get_chat,
    "setMyCommands": set_my_commands,
    "getMyCommands": get_my_commands,
    "deleteMyCommands": delete_my_commands,
    "setChatMenuButton": set_chat_menu_button,
    "getFile": get_file,
}
