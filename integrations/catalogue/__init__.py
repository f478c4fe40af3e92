"""What a partner offers to its people: habits, achievements, challenges, and leaderboards."""
