"""Invitation codes."""

import secrets


def new_code() -> str:
    """Return a random invitation code of 128 bits."""
    return secrets.token_urlsafe(16)
