"""Apprise: messages through the services that it knows."""
