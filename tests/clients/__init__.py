"""Clients that others' generators make of the API's document, used as their users would use them."""
