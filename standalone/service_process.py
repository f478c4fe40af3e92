"""Runs a process of the service for `make run` (`python -m standalone.service_process worker`), with little memory.

A home server has not much of it. The processes do without the tools for development that libraries load where they are
installed, as in production; web's child shares what its parent has loaded; a worker runs its tasks in threads of one
process; and Celery runs without its command `celery`, whose interactive shell alone takes 9 MB.

Celery's time limits do not act on threads, so each loop has a deadline and each call a timeout.
"""

import os
import sys
from collections.abc import Sequence

# Of HTTPX (its command line loads Rich), DRF's pages, Django's test runner and Celery: 15 MB in three processes.
DEVELOPMENT_TOOLS = ("httpx._main", "jinja2", "psutil", "pygments")


def main(role: str, options: Sequence[str] = ()) -> int:
    """Run web (`options` go to gunicorn), worker or beat until it is told to stop; return its exit code."""
    leave_out(DEVELOPMENT_TOOLS)
    if role == "web":
        return run_web(options)
    os.environ["CELERY_SKIP_CHECKS"] = "1"  # they ran with the migrations, and would load all pages and forms
    return run_beat() if role == "beat" else run_worker()


def leave_out(modules: Sequence[str]) -> None:
    """Let modules count as not installed from now on, unless they are loaded already."""
    for name in modules:
        # None says "not installed" to an import; the type of sys.modules leaves it out.
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]


def run_web(options: Sequence[str]) -> int:
    """Run gunicorn with one process of eight threads."""
    from gunicorn.app.wsgiapp import WSGIApplication

    fixed = ["--worker-class", "gthread", "--workers", "1", "--threads", "8", "--graceful-timeout", "25"]
    sys.argv = ["gunicorn", "config.wsgi", *fixed, "--no-control-socket", "--preload", *options]
    WSGIApplication("%(prog)s [OPTIONS]", prog="gunicorn").run()
    return 0


def run_worker() -> int:
    from config import celery_app

    worker = celery_app.Worker(
        pool_cls="threads", concurrency=2, loglevel="INFO", quiet=True, without_mingle=True, without_gossip=True
    )
    worker.start()
    return worker.exitcode or 0


def run_beat() -> int:
    from config import celery_app

    celery_app.Beat(loglevel="INFO", quiet=True).run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
