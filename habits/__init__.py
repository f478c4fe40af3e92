"""Habits: what somebody means to do, and on which days."""
