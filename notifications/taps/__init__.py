"""Links that do what a button of a reminder does: once, for a short time, without a session."""
