"""What a user sees of several habits: today, progress, summary."""
