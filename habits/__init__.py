"""Habits: the definition of a habit and the schedule it follows."""
