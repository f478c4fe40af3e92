"""The web client: a single page that uses the REST API."""
