"""Tracks: following, leaving, histories, API."""
