"""Verdicts, streaks and strength: rules, and the stored stats."""
