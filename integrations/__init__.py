"""Keys, webhooks, import and export. Rooms to come."""
