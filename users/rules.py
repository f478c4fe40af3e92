"""Limits of accounts and checks of what names them. Pure."""

import re
from datetime import timedelta

from common import names
from common.errors import DomainError

USERNAME_PATTERN = r"^[\w.-]+\Z"
MAX_USERNAME_LENGTH = 30
PSEUDONYM = "~"  # what the username of a managed user begins with; no person's can
NO_PASSWORD = "!"  # stored for managed users: no password matches it
MAX_EMAIL_LENGTH = 254  # RFC 5321
MAX_ADDRESS_NAME_LENGTH = 64
MAX_KEY_LENGTH = 254
MAX_ZONE_LENGTH = 64  # of the IANA name of a time zone
MIN_PASSWORD_LENGTH, MAX_PASSWORD_LENGTH = 8, 128
MAX_DEVICE_LENGTH = 60  # of the name of a device that signed in
# A device is recognised for this long after its last sign-in: as long as browsers keep a cookie.
KNOWN_DEVICE_LIFETIME = timedelta(days=400)
MAX_KNOWN_DEVICES = 200  # a user; the longest unused are forgotten first

INVISIBLE = "It contains an invisible character. Type it again instead of pasting it."
MIXED_SCRIPTS = "It mixes letters of different scripts that look alike."


def check_username(username: str) -> None:
    """Check a new username. It stands in paths (members/NAME/), and must not pass for another.

    Raises DomainError: invisible_character, mixed_scripts, no_letters, invalid.
    """
    _check_visible(username, field="username")
    if names.mixes_scripts(username):
        raise DomainError("mixed_scripts", MIXED_SCRIPTS, "username")
    if not any(each.isalnum() for each in username):
        raise DomainError("no_letters", "It needs a letter or a digit.", "username")
    key = names.lookup_key(username)
    if not re.match(USERNAME_PATTERN, key) or len(key) > MAX_KEY_LENGTH:
        raise DomainError("invalid", "Use letters, digits, dots, dashes and underscores.", "username")


def check_email(email: str) -> None:
    """Check a new e-mail address, whose form is valid already.

    Raises DomainError: invisible_character, mixed_scripts, invalid.
    """
    _check_visible(email, field="email")
    key = names.email_lookup_key(email)
    if any(names.mixes_scripts(part) for part in re.split(r"[@.]", key)):
        raise DomainError("mixed_scripts", MIXED_SCRIPTS, "email")
    # "alice"@example.org reaches the same mailbox as alice@example.org, and so do many other spellings in quotes.
    if key.count("@") != 1 or re.search(r'[\s"\\]', key) or len(key) > MAX_KEY_LENGTH:
        raise DomainError("invalid", "Enter a valid email address.", "email")


def _check_visible(text: str, *, field: str) -> None:
    if names.has_invisible(text):
        raise DomainError("invisible_character", INVISIBLE, field)
