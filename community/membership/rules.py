"""Limits that challenges and groups share."""

MAX_OWNED = 50  # unfinished challenges, and groups, of one owner


MAX_JOINED = 100  # unfinished challenges, and groups, of one user: each log updates all of them
