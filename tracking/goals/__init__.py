"""Goals: days of a habit by a deadline."""
