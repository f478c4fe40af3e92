"""send: the sender until its outbox is empty, compared with a bare python-telegram-bot loop.

Both send the same messages to the same chats on the same fake, eight in parallel, from one process, without Telegram's
limits. The difference is the sender's own work: claiming, checking once more whether to send, recording the result.
"""

import asyncio
from collections.abc import Iterator

from django.conf import settings
from django.utils import timezone
from telegram import Bot, InlineKeyboardMarkup
from telegram.request import HTTPXRequest

from benchmarks.measures import Options
from benchmarks.people import FIRST_CHAT, populate, queue
from benchmarks.timing import ratios, seconds
from benchmarks.world import World
from common.redis import connection as redis_connection
from notifications.channels.telegram.client import CONNECTIONS, close_client, keyboard
from notifications.models import Delivery, make_token
from notifications.outbox.messages import reminder_buttons
from notifications.outbox.sending import send_batch

MESSAGES = 400
MESSAGES_WITH_LATENCY = 240
HISTORY_DAYS = 30


def without_latency(world: World, options: Options) -> Iterator[float]:
    """Yield baseline ÷ sender for each round."""
    return _run(world, options, messages=MESSAGES, latency=0.0)


def with_latency(world: World, options: Options) -> Iterator[float]:
    """Yield baseline ÷ sender for each round."""
    return _run(world, options, messages=MESSAGES_WITH_LATENCY, latency=0.05)


def _run(world: World, options: Options, *, messages: int, latency: float) -> Iterator[float]:
    world.fresh_database(f"send_{latency}")
    world.reset()
    add_chats(world, messages)
    if latency:
        world.telegram.fault("latency", seconds=latency)
    at = timezone.now().replace(second=0, microsecond=0)
    populate(tracks=messages, users=messages, at=at, history_days=HISTORY_DAYS)

    def subject() -> float:
        queue(tracks=messages, at=at)
        redis_connection().flushdb()  # removes the limit of one message per second and chat from the last round
        taken = seconds(send_until_empty)
        assert Delivery.objects.filter(state=Delivery.State.SENT).count() == messages
        return taken

    text = "⏰ I will do ten push-ups at 07:30 in the living room"
    with asyncio.Runner() as runner:
        bare = BareClient(text, keyboard(reminder_buttons(1, make_token())))

        def baseline() -> float:
            return seconds(lambda: runner.run(bare.send(range(FIRST_CHAT + 1, FIRST_CHAT + 1 + messages))))

        yield from ratios(options.rounds, over=baseline, under=subject)
        runner.run(bare.request.shutdown())
    close_client()


def add_chats(world: World, chats: int) -> None:
    """Add the chats of the users that `populate` creates."""
    for number in range(chats):
        world.telegram.add_chat(FIRST_CHAT + 1 + number)


def send_until_empty() -> None:
    """Send batches until the outbox is empty."""
    while send_batch(now=timezone.now()):
        pass


class BareClient:
    """Sends one text to many chats, `CONNECTIONS` in parallel, and records nothing."""

    def __init__(self, text: str, markup: InlineKeyboardMarkup | None) -> None:
        self.text = text
        self.markup = markup
        self.request = HTTPXRequest(connection_pool_size=CONNECTIONS)
        base = f"{settings.TELEGRAM_API_BASE_URL}/bot"
        self.bot = Bot(settings.TELEGRAM_BOT_TOKEN, base_url=base, request=self.request)

    async def send(self, chats: range) -> None:
        remaining = iter(chats)

        async def send_sequentially() -> None:
            for chat_id in remaining:
                await self.bot.send_message(chat_id=chat_id, text=self.text, reply_markup=self.markup)

        await asyncio.gather(*(send_sequentially() for _ in range(CONNECTIONS)))
