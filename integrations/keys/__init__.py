"""Keys with which programs use the API in the name of a user."""
