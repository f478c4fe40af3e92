"""The settings of the site that browsers visit: passwords are hashed in no time, since each test makes people of its own."""

from config.settings import *  # noqa: F403  # all of them, but one

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
