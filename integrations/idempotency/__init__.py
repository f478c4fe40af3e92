"""Requests that may be repeated: with an Idempotency-Key, the first answer is given again."""
