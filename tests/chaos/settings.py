"""The service's settings for a fault run: as they are, but for what a run does to its processes.

CHAOS_LEASE_SECONDS: a shorter lease, for runs that cannot wait for a minute. CHAOS_SYNCED: a folder for what SQLite's
files held at each sync (`tests.powercut`). CHAOS_SYNCHRONOUS: another setting of SQLite's, to see the account notice
it. CHAOS_CLOCK: a file with the seconds by which this process's clock is off.
"""

import os
from datetime import timedelta
from pathlib import Path

from config.settings import *  # noqa: F403
from config.settings import DATABASES, DELIVERY_LEASE
from tests import powercut
from tests.chaos import clocks

DELIVERY_LEASE = timedelta(seconds=int(os.environ.get("CHAOS_LEASE_SECONDS", DELIVERY_LEASE.total_seconds())))
if synchronous := os.environ.get("CHAOS_SYNCHRONOUS"):
    DATABASES["default"]["OPTIONS"]["init_command"] += f" PRAGMA synchronous={synchronous};"
if synced := os.environ.get("CHAOS_SYNCED"):
    powercut.record(Path(DATABASES["default"]["NAME"]), Path(synced))
if clock := os.environ.get("CHAOS_CLOCK"):
    clocks.follow(Path(clock))
