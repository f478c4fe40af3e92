"""What users do together: challenges, groups and leaderboards."""
