"""Limits of groups."""

MAX_MEMBERS = 1_000  # of a group, whose board and feed read all members' tracks


MAX_HABITS = 20  # of a group
