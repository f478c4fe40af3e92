"""`python -m tests.tour`: take the pictures of docs/tour.md again; exits with 1 if the browser saw an error.

Run it after a change of what the client looks like, and look at each picture before you commit it.
"""

import os
import sys
from importlib import import_module

import django


def main() -> int:
    """Take the pictures; return 0, or 1 with the browser's errors on stderr."""
    os.environ.update(DJANGO_SETTINGS_MODULE="config.settings", DJANGO_READ_DOT_ENV="off")
    django.setup()
    problems = import_module("tests.browser.tour").take()
    print(*problems, sep="\n", end="", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
