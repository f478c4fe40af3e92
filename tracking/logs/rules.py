"""Limits of logs. Pure."""

MAX_NOTE_LENGTH = 1000
MAX_DAYS_AT_ONCE = 366  # in one request
