"""Reminders: their plans, and the tick that queues what is due."""
