"""Gunicorn's own log lines: about requests that it cannot read, errors, and each request if its access log is on."""

from typing import Any

from gunicorn.glogging import Logger

from common.logs import SecretFilter


class SafeLogger(Logger):  # type: ignore[misc]  # the library has no types
    """Gunicorn's logger, without the secrets of paths and queries."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            for handler in log.handlers:
                handler.addFilter(SecretFilter())
