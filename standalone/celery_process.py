"""Runs Celery's worker or beat for `make run` (`python -m standalone.celery_process worker`).

The same as the command `celery`, whose interactive shell alone takes 9 MB in each process. A worker runs its tasks in
threads of one process: a home server has little memory. Celery's time limits do not act on threads, so each loop has a
deadline and each call a timeout.
"""

import os
import sys

from config import celery_app


def main(role: str) -> int:
    """Run the worker or beat until it is told to stop; return its exit code."""
    os.environ["CELERY_SKIP_CHECKS"] = "1"  # they ran with the migrations, and would load all pages and forms
    if role == "beat":
        celery_app.Beat(loglevel="INFO", quiet=True).run()
        return 0
    worker = celery_app.Worker(
        pool_cls="threads", concurrency=2, loglevel="INFO", quiet=True, without_mingle=True, without_gossip=True
    )
    worker.start()
    return worker.exitcode or 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
