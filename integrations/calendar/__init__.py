"""A secret address with the plan of reminders, which calendar programs subscribe to."""
