"""How long a test waits for what other processes and threads do."""

STUCK = 60.0
"""Seconds after which what a test waits for has stopped. On no machine, however busy, does it take as long.

A wait ends as soon as its condition holds, so this costs nothing. Shorter times only make tests fail on busy machines.
"""
