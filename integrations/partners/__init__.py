"""Other services and their people: those that a service manages, and accounts that have said yes to it."""
