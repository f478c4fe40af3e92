"""Logs: one per track and local day."""
