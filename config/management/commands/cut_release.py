"""`manage.py cut_release VERSION`: put what has changed under a version, and write the version where it is named."""

from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.env import BASE_DIR
from config.releases.cutting import PLACES, CannotCut, cut_changelog


class Command(BaseCommand):
    help = (
        "Writes a version into CHANGELOG.md, pyproject.toml and the other files that name it. `make release` calls it."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("release", metavar="VERSION")

    def handle(self, *args: Any, release: str, **options: Any) -> None:
        changelog = BASE_DIR / "CHANGELOG.md"
        try:
            cut = cut_changelog(changelog.read_text(), version=release, day=datetime.now(UTC).date())
        except CannotCut as error:
            raise CommandError(str(error)) from error
        changelog.write_text(cut)
        for name, replace in PLACES.items():
            file = BASE_DIR / name
            file.write_text(replace(file.read_text(), release))
        self.stdout.write(f"This is {release} now. docs/upgrade.md (Cutting a release) says what is left to do.")
