"""The outbox: queue, claim, compose, send, record."""
