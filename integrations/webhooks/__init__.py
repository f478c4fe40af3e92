"""Webhooks by Standard Webhooks 1.0: a user's own programs are called when something happens."""
