"""Leaderboards: rules, stored values, settling, API."""
