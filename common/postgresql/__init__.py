"""Django's backend for PostgreSQL, with a deadline for everything that waits for the server."""
