"""Groups: members, roles, habits, feed, API."""
