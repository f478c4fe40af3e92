"""Reminders and every other message: planned, queued, sent, recorded."""
