"""Achievements and who holds them: rules, awarding, progress, API."""
