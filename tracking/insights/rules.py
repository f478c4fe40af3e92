"""Ranges of days that progress, summary and pictures show. Pure."""

RANGES = {"last_week": 7, "last_month": 30, "last_year": 365}  # days up to today
MAX_RANGE_DAYS = 366
RANGE_DAYS_TEXT = "{}, {} or {}".format(*RANGES.values())
