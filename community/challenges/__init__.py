"""Challenges: rules, members, scores, endings, API."""
