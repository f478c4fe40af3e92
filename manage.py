#!/usr/bin/env python
"""Django's command-line tool."""

import os
import sys

if __name__ == "__main__":
    if sys.argv[1:] in (["version"], ["--version"]):  # Django would print its own
        from config.version import version

        print(version())
        sys.exit()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from common import deadlines

    deadlines.limit_statements(deadlines.COMMANDS.get("".join(sys.argv[1:2])))
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
