"""The web client: one page on the REST API."""
