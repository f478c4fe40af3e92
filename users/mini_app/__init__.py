"""Signing in inside Telegram: the client opened there as a Mini App."""
