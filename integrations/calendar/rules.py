"""The numbers of the calendar. Pure."""

from datetime import timedelta

DAYS_BACK = 30
DAYS_AHEAD = 60
MAX_EVENTS = 5000  # with more, the last days are left out
MAX_ALARM_MINUTES = 120
MIN_DURATION = timedelta(minutes=5)  # a shorter event cannot be read in a calendar
REFRESH_EVERY = timedelta(hours=4)  # what programs are asked to wait between two reads
