"""Calls to addresses that users gave: the only way out of the service for them, and none into the operator's network."""
