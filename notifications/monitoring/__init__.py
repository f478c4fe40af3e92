"""Heartbeats, liveness and figures of delivery."""
