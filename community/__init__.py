"""Challenges, groups, leaderboards. Rooms to come."""
