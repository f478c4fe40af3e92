"""The service's settings for a fault run: as they are, but for the length of a lease, which short runs cannot await."""

import os
from datetime import timedelta

from config.settings import *  # noqa: F403

DELIVERY_LEASE = timedelta(seconds=int(os.environ["CHAOS_LEASE_SECONDS"]))
