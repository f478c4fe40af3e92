"""Achievements that users earn by logging habits, and links with which they share them."""
