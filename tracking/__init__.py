"""Tracks: what somebody did, and the streaks that follow from it."""
