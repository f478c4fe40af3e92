"""Limits of reminders. Pure."""

MAX_PER_TRACK = 24
MAX_TEXT_LENGTH = 200
