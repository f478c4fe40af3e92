"""What a partner may do with an account, in words for its owner."""

from collections.abc import Collection

from django.utils.translation import gettext as _

from users.scopes import Scope


def scope_texts(scopes: Collection[str]) -> list[str]:
    """Return a sentence part for each scope, in the order of Scope."""
    texts = {
        Scope.HABITS_READ: _("see all your habits"),
        Scope.HABITS_WRITE: _("let you follow its habits, and stop following them"),
        Scope.LOGS_READ: _("see what you logged, with your notes"),
        Scope.LOGS_WRITE: _("log days for you, and change them"),
        Scope.STATS_READ: _("see your streaks and achievements"),
        Scope.PROFILE_READ: _("see your time zone and language"),
    }
    return [text for scope, text in texts.items() if scope.value in scopes]
