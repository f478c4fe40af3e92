"""Tracks: a user's daily logs of a habit, and the streaks calculated from them."""
