"""What partners hear of their people: webhooks of their own, and changes by a cursor."""
