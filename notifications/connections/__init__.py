"""A user's channels: connecting one, their order, which kind of message goes where, quiet hours."""
