"""Accounts: sign-in, time settings and contact addresses."""
