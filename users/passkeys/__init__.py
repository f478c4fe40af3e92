"""Signing in by passkeys: keys that a person's devices keep, by the W3C's Web Authentication."""
