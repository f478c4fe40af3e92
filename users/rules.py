"""Limits of accounts. Pure."""

from datetime import timedelta

USERNAME_PATTERN = r"^[\w.-]+\Z"
MAX_USERNAME_LENGTH = 30
MAX_EMAIL_LENGTH = 254  # RFC 5321
MAX_ADDRESS_NAME_LENGTH = 64
MIN_PASSWORD_LENGTH, MAX_PASSWORD_LENGTH = 8, 128
MAX_DEVICE_LENGTH = 60  # of the name of a device that signed in
# A device is recognised for this long after its last sign-in: as long as browsers keep a cookie.
KNOWN_DEVICE_LIFETIME = timedelta(days=400)
MAX_KNOWN_DEVICES = 200  # a user; the longest unused are forgotten first
