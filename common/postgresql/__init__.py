"""Django's PostgreSQL backend with a timeout for everything that waits for the server."""
