"""Share links: their public page, card picture and API."""
