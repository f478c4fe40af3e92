"""Signing in by another service: OpenID Connect, or a proxy that has signed the person in."""
