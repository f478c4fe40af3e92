"""webhook_sending: sending webhooks until none is left, compared with a bare loop of the same calls.

Both call a receiver in a process of its own that answers at once, sixteen at a time. The bare loop has bodies and headers
ready and stores nothing; the sender claims, signs, checks each address, and records every attempt.
"""

import http.client
import socket
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from ipaddress import ip_network

from django.test import override_settings
from django.utils import timezone

from benchmarks.measures import Options
from benchmarks.people import populate, tidy
from benchmarks.timing import ratios, seconds
from benchmarks.world import ROOT, World
from integrations.changes import documentation
from integrations.changes.rules import ChangeType
from integrations.models import Change, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from integrations.webhooks import payloads
from integrations.webhooks.sending import PLACES, send_ready
from standalone.servers import free_port
from users.models import User

USERS, CHANGES = 20, 25
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # pragma: allowlist secret


def run(world: World, options: Options) -> Iterator[float]:
    """Yield sender ÷ bare loop for each round."""
    world.fresh_database("webhook_sending")
    world.reset()
    now = timezone.now()
    populate(tracks=USERS, users=USERS, at=now.replace(second=0, microsecond=0))
    port, folder = free_port(), world.guard.folder(prefix="habits-bench-")
    files = ["--journal", str(folder / "journal"), "--mode", str(folder / "mode")]
    world.guard.start([sys.executable, "-m", "tests.chaos.receiver", "--port", str(port), *files], cwd=ROOT)
    _await_port(port)
    url, kind = f"http://127.0.0.1:{port}/steady", ChangeType.LOG_SET
    for user in User.objects.order_by("pk"):
        endpoint = WebhookEndpoint.objects.create(user=user, name="x", url=url, events=[kind], signing_secret=SECRET)
        made = Change.objects.bulk_create(
            Change(user=user, type=kind, occurred_at=now, sequence=number, data=documentation.DATA[kind][2])
            for number in range(1, CHANGES + 1)
        )
        WebhookDelivery.objects.bulk_create(
            WebhookDelivery(endpoint=endpoint, change=change, due_at=now, available_at=now) for change in made
        )
    calls = []
    for change in Change.objects.order_by("pk"):
        body = payloads.body_of(change)
        calls.append((body, payloads.headers_of(change, body, secrets=[SECRET], now=now)))

    def send() -> float:
        WebhookDelivery.objects.update(state="pending", sent_at=None)
        WebhookAttempt.objects.all().delete()
        tidy(WebhookDelivery, WebhookAttempt, WebhookEndpoint)
        taken = seconds(lambda: send_ready(may_go_on=lambda: True))
        assert WebhookDelivery.objects.filter(state="sent").count() == USERS * CHANGES
        return taken

    def post(call: tuple[bytes, dict[str, str]]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
        connection.request("POST", "/steady", *call)
        assert connection.getresponse().read() == b""
        connection.close()

    def loop() -> float:
        with ThreadPoolExecutor(PLACES) as pool:
            return seconds(lambda: list(pool.map(post, calls)))

    with override_settings(WEBHOOK_ALLOWED_NETWORKS=[ip_network("127.0.0.0/8")]):
        yield from ratios(options.rounds, over=send, under=loop)


def _await_port(port: int) -> None:
    for _ in range(100_000):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
            return
    raise TimeoutError
