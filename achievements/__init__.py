"""Achievements: earned by logs. Rooms to come."""
