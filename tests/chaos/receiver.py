"""A program that receives webhooks in a fault run: `python -m tests.chaos.receiver --port 1 --journal FILE --mode FILE`.

It writes each webhook to its journal before it answers, so the journal is the truth about what arrived. The mode file says
how `/faulty` answers now; `/steady` always takes what comes.
"""

import argparse
import hashlib
import json
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

OK = "ok"
SLOW, HANG = 1.0, 20.0  # seconds
# The modes in which a webhook is not taken, by their status.
REFUSED = {"redirect": 302, "gone": 410, "error": 500, "busy": 429}


class Receiver(BaseHTTPRequestHandler):
    """Takes webhooks."""

    journal: int
    mode_file: Path

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        mode = self.mode() if self.path.startswith("/faulty") else OK
        line = {
            "endpoint": self.path,
            "id": self.headers["webhook-id"],
            "body": hashlib.sha256(body).hexdigest(),
            "taken": mode in {OK, "slow", "garbage", "cut"},
            "answered": mode in {OK, "slow"},
        }
        os.write(self.journal, (json.dumps(line) + "\n").encode())
        if mode == "slow":
            time.sleep(SLOW)
        if mode == "hang":
            time.sleep(HANG)
        if mode in {"hang", "cut"}:
            self.close_connection = True
        elif mode == "garbage":
            self.wfile.write(b"\x00\xffnothing that HTTP knows\r\n\r\n")
            self.close_connection = True
        else:
            self.send_response(REFUSED.get(mode, 200))
            self.send_header("Location", "/steady/elsewhere")
            self.send_header("Retry-After", "2") if mode == "busy" else None
            self.send_header("Content-Length", "0")
            self.end_headers()

    def mode(self) -> str:
        try:
            return self.mode_file.read_text().strip() or OK
        except OSError:
            return OK

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    request_queue_size = 128  # more than are on their way at a time: none is reset because it waits


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--mode", type=Path, required=True)
    given = parser.parse_args()
    Receiver.journal = os.open(given.journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    Receiver.mode_file = given.mode
    Server(("127.0.0.1", given.port), Receiver).serve_forever()


if __name__ == "__main__":
    main()
