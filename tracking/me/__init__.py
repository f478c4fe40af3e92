"""The authenticated user's own profile with habits and streaks."""
