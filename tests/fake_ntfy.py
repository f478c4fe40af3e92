"""A server of ntfy: real HTTP. It keeps what was published, and fails as it is told."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any


@dataclass(frozen=True)
class Fault:
    """How one request fails. `accepts`: the message is published all the same. `cut`, `hang`: there is no answer."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    accepts: bool = False
    cut: bool = False
    hang: bool = False


@dataclass
class FakeServer:
    """What was published, oldest first, with the headers of its request; `faults` come first, then all is well."""

    url: str = ""
    published: list[dict[str, Any]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    requests: int = 0
    released: Event = field(default_factory=Event)

    def refuse(self, status: int, code: int | None = None, **headers: str) -> None:
        """Answer the next request as ntfy refuses one."""
        body = json.dumps({"code": code or status * 100 + 1, "http": status, "error": "no"}).encode()
        self.faults.append(Fault(status, body, {name.replace("_", "-"): value for name, value in headers.items()}))

    def forget(self) -> None:
        """Forget what has come so far."""
        self.published.clear()
        self.headers.clear()
        self.requests = 0

    @property
    def texts(self) -> list[str]:
        return [f"{each.get('title', '')}\n{each['message']}".strip() for each in self.published]


@contextmanager
def serving() -> Iterator[FakeServer]:
    """Run a server."""
    fake = FakeServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            fake.requests += 1
            fault = fake.faults.pop(0) if fake.faults else None
            if fault is None or fault.accepts:
                fake.published.append(json.loads(body))
                fake.headers.append({name.lower(): value for name, value in self.headers.items()})
            if fault is not None and (fault.cut or fault.hang):
                if fault.hang:
                    fake.released.wait(30)
                self.close_connection = True
                return
            answer = (
                json.dumps({"id": f"m{fake.requests}", "event": "message"}).encode() if fault is None else fault.body
            )
            self.send_response(200 if fault is None else fault.status)
            for name, value in (fault.headers if fault else {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield fake
    finally:
        fake.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
