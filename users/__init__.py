"""People: accounts, sign-in, their clock and their addresses."""
