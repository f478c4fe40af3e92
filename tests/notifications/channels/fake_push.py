"""A push service and the browsers that it serves: real HTTP; a browser decrypts what it gets (RFC 8291)."""

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import http_ece
import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass
class Browser:
    """A browser with its subscription, and what it has shown."""

    url: str
    secret: bytes
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    shown: list[dict[str, Any]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)

    @property
    def subscription(self) -> dict[str, Any]:
        """What PushSubscription.toJSON() gives."""
        point = self.key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return {"endpoint": self.url, "keys": {"p256dh": b64(point), "auth": b64(self.secret)}}

    def take(self, body: bytes) -> None:
        text = http_ece.decrypt(body, private_key=self.key, auth_secret=self.secret, version="aes128gcm")
        self.shown.append(json.loads(text))


@dataclass
class FakePush:
    """The service. `statuses`: what the next messages to a path are answered with, instead of 201 ("cut": nothing)."""

    url: str = ""
    browsers: dict[str, Browser] = field(default_factory=dict)
    statuses: dict[str, list[int | str]] = field(default_factory=dict)
    retry_after: str = ""
    is_accepting_failures: bool = False

    def browser(self, name: str) -> Browser:
        made = Browser(f"{self.url}/{name}", name.encode().ljust(16, b".")[:16])
        self.browsers[f"/{name}"] = made
        return made


def verified(header: str, origin: str) -> dict[str, Any]:
    """Return the claims of a VAPID header whose signature is that of its key."""
    scheme, _, rest = header.partition(" ")
    parts = dict(each.strip().split("=", 1) for each in rest.split(","))
    raw = base64.urlsafe_b64decode(parts["k"] + "=" * (-len(parts["k"]) % 4))
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
    claims: dict[str, Any] = jwt.decode(
        parts["t"], key, algorithms=["ES256"], audience=origin, options={"verify_exp": False}
    )
    assert scheme == "vapid"
    return claims | {"k": parts["k"]}


@contextmanager
def serving() -> Iterator[FakePush]:
    """Run a push service."""
    fake = FakePush()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            browser, planned = fake.browsers[self.path], fake.statuses.get(self.path, [])
            status = planned.pop(0) if planned else 201
            if status == 201 or fake.is_accepting_failures:
                verified(self.headers["Authorization"], fake.url)
                browser.headers.append({name.lower(): value for name, value in self.headers.items()})
                browser.take(body)
            if status == "cut":
                self.close_connection = True
                return
            self.send_response(int(status))
            if fake.retry_after:
                self.send_header("Retry-After", fake.retry_after)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_port}"
    assert urlsplit(fake.url).port
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
