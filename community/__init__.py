"""Challenges, groups, leaderboards."""
