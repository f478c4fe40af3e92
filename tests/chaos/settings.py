"""The service's settings for a fault run, with a few changes:

CHAOS_LEASE_SECONDS: a shorter lease, for short runs. CHAOS_SYNCED: a folder for the synced content of SQLite's files
(`tests.powercut`). CHAOS_SYNCHRONOUS: another value of SQLite's setting, to check that the account detects lost writes.
CHAOS_CLOCK: a file with the offset of this process's clock in seconds.
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
    clocks.follow_offset_file(Path(clock))
